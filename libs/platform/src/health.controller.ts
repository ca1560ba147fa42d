import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { HealthChecks } from './health-checks.js';

const OK = 200;
const UNAVAILABLE = 503;

@Controller('health')
export class HealthController {
  constructor(@Inject(HealthChecks) private readonly checks: HealthChecks) {}

  /** The process runs and its event loop turns. */
  @Get('live')
  live(): { status: 'live' } {
    return { status: 'live' };
  }

  /**
   * Whether to send requests here. Says which check is down, never why: the reason is in the log.
   */
  @Get('ready')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const report = await this.checks.report();
    await reply
      .code(report.status === 'not_ready' ? UNAVAILABLE : OK)
      .header('cache-control', 'no-store')
      .send(report);
  }
}
