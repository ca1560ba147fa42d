import { SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Scope } from './api-key-file.js';
import type { Admission } from './admission.js';

const SCOPE_METADATA = 'tollgate:scope';

/** Asks for an API key with this scope. A handler or controller without it is open to everyone. */
export const RequireScope = (scope: Scope): MethodDecorator & ClassDecorator =>
  SetMetadata(SCOPE_METADATA, scope);

/** The ordinary door of every route but the decision route, which calls `Admission` in a Fastify hook. */
export class ScopeGuard implements CanActivate {
  constructor(
    private readonly admission: Admission,
    private readonly reflector = new Reflector(),
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const scope = this.reflector.getAllAndOverride<Scope | undefined>(SCOPE_METADATA, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (scope !== undefined) {
      const http = context.switchToHttp();
      this.admission.admit(
        http.getRequest<FastifyRequest>(),
        http.getResponse<FastifyReply>(),
        scope,
      );
    }
    return true;
  }
}
