import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { z } from 'zod';
import { AppError } from '#contracts/app-error.js';
import {
  DecisionPage,
  DecisionSearch,
  DecisionView,
  StoredDecision,
} from '#contracts/stored-decision.js';
import { Describe, Returns } from '#platform/openapi-metadata.js';
import { RequireScope } from '#platform/scope-guard.js';
import { validateBody } from '#platform/validate-body.js';
import { searchedEntities, type DecisionReader } from '#store/postgres/decision-reader.js';
import { answered } from '../answered.js';
import type { DecisionTerms } from '../control/decision-terms.js';
import { DECISION_READER, DECISION_TERMS } from '../tokens.js';

const DecisionId = z.uuidv7();

/** Decisions as they are in Postgres, a moment after they were made. */
@Controller('v1/decisions')
export class DecisionsController {
  constructor(
    @Inject(DECISION_READER) private readonly reader: DecisionReader,
    @Inject(DECISION_TERMS) private readonly terms: DecisionTerms,
  ) {}

  @Get()
  @Returns(200, DecisionPage)
  @RequireScope('read')
  @Describe({
    operationId: 'searchDecisions',
    tag: 'Decisions',
    summary: 'Find decisions',
    description: 'Newest first. Entities are given as the payment system names them.',
    query: DecisionSearch,
    errors: ['DATABASE_UNAVAILABLE'],
  })
  search(@Query() query: Record<string, string>): Promise<DecisionPage> {
    const search = validateBody<DecisionSearch>(DecisionSearch, query);
    return answered(() => this.reader.search(this.withPseudonyms(search)));
  }

  @Get(':id')
  @Returns(200, StoredDecision)
  @RequireScope('read')
  @Describe({
    operationId: 'getDecision',
    tag: 'Decisions',
    summary: 'A decision, its reasons, and what became of it',
    query: DecisionView,
    errors: ['DECISION_NOT_FOUND', 'DATABASE_UNAVAILABLE'],
  })
  async find(
    @Param('id') id: string,
    @Query() query: Record<string, string>,
  ): Promise<StoredDecision> {
    const { known_at: knownAt = null } = validateBody<DecisionView>(DecisionView, query);
    const isId = DecisionId.safeParse(id).success;
    const found = isId ? await answered(() => this.reader.find(id, knownAt)) : null;
    if (found !== null) return found;
    throw new AppError('DECISION_NOT_FOUND', {
      detail: 'It may be on its way here still, or be older than what is kept.',
    });
  }

  /** The database knows entities by their keyed hashes only. */
  private withPseudonyms(search: DecisionSearch): DecisionSearch {
    const named = searchedEntities.flatMap((name) => {
      const value = search[name];
      return value === undefined ? [] : [[name, this.terms.unitIdOf(name, value)] as const];
    });
    return { ...search, ...Object.fromEntries(named) };
  }
}
