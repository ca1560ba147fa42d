import { stat } from 'node:fs/promises';
import { AppError } from '#contracts/app-error.js';
import type { Log } from '#telemetry/logger.js';
import { hasHash, splitApiKey } from './api-key-format.js';
import { readApiKeyFile, type ApiKeyEntry, type ReadKeys, type Scope } from './api-key-file.js';

const POLL_INTERVAL_MS = 400; // A revocation is live within a second, reading included.

/** A key that may be used now. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  readonly ratePerSecond: number | null;
  readonly signingSecrets: readonly string[];
}

interface StoredKey extends ApiKey {
  readonly secretHash: Buffer;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const BEARER = /^bearer +/i;
const noHash = Buffer.alloc(32);

function presentedIn(headers: Headers): string | null {
  const authorization = headers['authorization'];
  if (typeof authorization === 'string' && BEARER.test(authorization)) {
    return authorization.replace(BEARER, '').trim();
  }
  const apiKey = headers['x-api-key'];
  return typeof apiKey === 'string' ? apiKey.trim() : null;
}

function stored(entry: ApiKeyEntry): StoredKey {
  return {
    id: entry.id,
    name: entry.name,
    scopes: new Set(entry.scopes),
    ratePerSecond: entry.rate_per_second ?? null,
    signingSecrets: entry.signing_secrets ?? [],
    secretHash: Buffer.from(entry.secret_sha256, 'hex'),
  };
}

/** The valid API keys in memory; follows the file they are kept in. */
export class ApiKeyRing {
  private keys: ReadonlyMap<string, StoredKey> = new Map();
  private fingerprint = '';
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly file: string,
    private readonly log: Log,
    private readonly onRefused: () => void,
  ) {}

  /**
   * Reads the file and watches it. A missing file is an empty ring (every call is refused) until it
   * appears; a file that is wrong at start is the caller's to report.
   */
  static async open(options: {
    readonly file: string;
    readonly log: Log;
    readonly onRefused?: () => void;
  }): Promise<{ readonly ring: ApiKeyRing; readonly read: ReadKeys }> {
    const ring = new ApiKeyRing(options.file, options.log, options.onRefused ?? (() => undefined));
    ring.fingerprint = await ring.currentFingerprint();
    const read = await readApiKeyFile(options.file);
    if (read.ok) {
      ring.use(read.keys);
    }
    ring.watch();
    return { ring, read };
  }

  get size(): number {
    return this.keys.size;
  }

  /** The key of a request with the scope it needs; throws what the caller is told otherwise. */
  authenticate(headers: Headers, scope: Scope): ApiKey {
    const presented = presentedIn(headers);
    if (presented === null) {
      throw new AppError('AUTHENTICATION_MISSING', {
        detail: 'Send the header Authorization: Bearer <key>, or X-API-Key: <key>.',
      });
    }
    const parts = splitApiKey(presented);
    const key = parts === null ? undefined : this.keys.get(parts.id);
    // The hash is taken and compared for unknown ids too, so that timing does not tell which ids
    // exist.
    const matches = hasHash(parts?.secret ?? '', key?.secretHash ?? noHash);
    if (key === undefined || !matches) {
      throw new AppError('AUTHENTICATION_INVALID', {
        detail: 'The key is unknown, mistyped or revoked; list the keys with: npm run keys -- list',
      });
    }
    if (!key.scopes.has(scope)) {
      throw new AppError('SCOPE_MISSING', {
        detail: `This call needs the scope "${scope}"; create a key that has it.`,
      });
    }
    return key;
  }

  /** Takes over the file at once, where it changed; otherwise it is looked at twice a second. */
  async reload(): Promise<void> {
    await this.reloadIfChanged();
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private watch(): void {
    this.timer = setTimeout(() => {
      void this.reloadIfChanged().finally(() => {
        if (this.timer !== undefined) {
          this.watch();
        }
      });
    }, POLL_INTERVAL_MS);
    this.timer.unref();
  }

  private async currentFingerprint(): Promise<string> {
    try {
      const { ino, size, mtimeMs } = await stat(this.file);
      return `${ino}:${size}:${mtimeMs}`;
    } catch {
      // Not there, or not readable: readApiKeyFile says which.
      return 'absent';
    }
  }

  private async reloadIfChanged(): Promise<void> {
    const fingerprint = await this.currentFingerprint();
    if (fingerprint === this.fingerprint) {
      return;
    }
    this.fingerprint = fingerprint;
    const read = await readApiKeyFile(this.file);
    if (read.ok) {
      this.use(read.keys);
      this.log.info('API keys loaded', { count: this.keys.size });
      return;
    }
    this.onRefused();
    this.log.error('The changed file of API keys was refused; the keys before stay valid', {
      file: this.file,
      detail: read.problems.join('; '),
    });
  }

  private use(entries: readonly ApiKeyEntry[]): void {
    const valid = entries.filter((entry) => entry.revoked_at === null);
    this.keys = new Map(valid.map((entry) => [entry.id, stored(entry)]));
  }
}
