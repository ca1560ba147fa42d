import { applyDecorators, HttpCode, SetMetadata } from '@nestjs/common';
import type { z } from 'zod';
import type { ErrorCode } from '#contracts/error-catalogue.js';

const RETURNS_METADATA = 'tollgate:returns';
const DESCRIPTION_METADATA = 'tollgate:description';

export interface HeaderDescription {
  readonly name: string;
  readonly description: string;
  readonly schema?: Readonly<Record<string, unknown>>;
}

export interface OperationDescription {
  /** What generated clients call it; unique. */
  readonly operationId: string;
  readonly summary: string;
  /** The heading that it stands under. */
  readonly tag?: string;
  readonly description?: string;
  /** An object whose fields may stand in the address. */
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** A body that is text, instead of `body`. */
  readonly textBody?: { readonly mediaType: string; readonly example: string };
  readonly requestHeaders?: readonly HeaderDescription[];
  readonly replyHeaders?: readonly HeaderDescription[];
  /** Beyond those that any call with this body and scope can meet. */
  readonly errors?: readonly ErrorCode[];
  /** Complete bodies, by name. */
  readonly requestExamples?: Readonly<Record<string, unknown>>;
  readonly replyExamples?: Readonly<Record<string, unknown>>;
}

export interface ReplyDescription {
  readonly status: number;
  readonly schema: z.ZodType;
}

/**
 * The status and the shape of a successful reply. For the documentation: replies are not checked.
 */
export const Returns = (status: number, schema: z.ZodType): MethodDecorator =>
  applyDecorators(HttpCode(status), SetMetadata(RETURNS_METADATA, { status, schema }));

/** What the documentation says about a handler. A handler without it is left out. */
export const Describe = (description: OperationDescription): MethodDecorator =>
  SetMetadata(DESCRIPTION_METADATA, description);

export function replyOf(handler: object): ReplyDescription | undefined {
  return Reflect.getMetadata(RETURNS_METADATA, handler) as ReplyDescription | undefined;
}

export function descriptionOf(handler: object): OperationDescription | undefined {
  return Reflect.getMetadata(DESCRIPTION_METADATA, handler) as OperationDescription | undefined;
}
