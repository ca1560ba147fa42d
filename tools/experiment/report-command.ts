import type { Command } from 'commander';
import type { ExperimentAnalysis } from '#contracts/experiment-analysis.js';
import { analysisLines } from './analysis-text.js';
import { ask, show, withService, type ServiceSettings } from '../cli/service-client.js';

export function addReportCommand(program: Command): void {
  withService(program.command('report <experiment>'))
    .description('what an experiment says so far: a verdict, and the numbers behind it')
    .action(async (experiment: string, settings: ServiceSettings) => {
      const path = `/v1/experiments/${encodeURIComponent(experiment)}/analysis`;
      show(await ask<ExperimentAnalysis>({ path }, settings), settings, analysisLines);
    });
}
