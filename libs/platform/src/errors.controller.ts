import { Controller, Get, Param } from '@nestjs/common';
import { AppError } from '#contracts/app-error.js';
import { errorCatalogue, type ErrorCode } from '#contracts/error-catalogue.js';

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}

/** Where the `type` of a problem document leads. */
@Controller('errors')
export class ErrorsController {
  @Get(':code')
  explain(@Param('code') code: string): { code: string; status: number; title: string } {
    if (!isErrorCode(code)) {
      throw new AppError('ROUTE_NOT_FOUND', { detail: 'No error has this code.' });
    }
    return { code, ...errorCatalogue[code] };
  }
}
