import { AppError } from '#contracts/app-error.js';
import { isDatabaseAway } from '#store/postgres/database-away.js';

/** @throws AppError DATABASE_UNAVAILABLE where the database could not be asked. */
export async function answered<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    if (cause instanceof AppError || !isDatabaseAway(cause)) throw cause;
    throw new AppError('DATABASE_UNAVAILABLE', {
      detail: 'Decisions are made and kept meanwhile; ask again shortly.',
      retryAfterSeconds: 1,
      cause,
    });
  }
}
