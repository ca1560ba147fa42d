import {
  applyDecorators,
  Inject,
  Injectable,
  SetMetadata,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Admission } from './admission.js';
import type { Scope } from './api-key-file.js';

const SCOPE_METADATA = 'tollgate:scope';

/** The door of every route but the decision route, which `HotDoor` guards without Nest. */
@Injectable()
export class ScopeGuard implements CanActivate {
  constructor(
    @Inject(Admission) private readonly admission: Admission,
    @Inject(Reflector) private readonly reflector: Reflector,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const scope = this.reflector.get<Scope>(SCOPE_METADATA, context.getHandler());
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    this.admission.admit(request, http.getResponse<FastifyReply>(), scope);
    this.admission.checkBody(request);
    return true;
  }
}

/**
 * Asks for an API key with this scope, and for a body that may be taken. Without it a handler is
 * open.
 */
export const RequireScope = (scope: Scope): MethodDecorator =>
  applyDecorators(SetMetadata(SCOPE_METADATA, scope), UseGuards(ScopeGuard));

/** Only says in the documentation which scope a handler needs, where `HotDoor` asks for it. */
export const DocumentScope = (scope: Scope): MethodDecorator => SetMetadata(SCOPE_METADATA, scope);

/** The scope that a handler asks for, if any. */
export function scopeOf(handler: object): Scope | undefined {
  return Reflect.getMetadata(SCOPE_METADATA, handler) as Scope | undefined;
}
