import { Command } from 'commander';
import type { ArtifactReceipt } from '#contracts/control.js';
import { runProgram } from '../cli/run-program.js';
import { ask, show, withService, type ServiceSettings } from '../cli/service-client.js';
import { uploadFolder } from '../cli/upload-folder.js';

const program = new Command('npm run model --').description(
  'Makes models available to rollouts, experiments and shadows.',
);

withService(program.command('publish <folder>'), 'publish')
  .description('checks a bundle and keeps it; it decides nothing until a plan names it')
  .action(async (folder: string, settings: ServiceSettings) => {
    const files = await uploadFolder(folder.replace(/\/+$/, ''), '');
    const request = { method: 'PUT', path: '/v1/models', body: { files } } as const;
    const receipt = await ask<ArtifactReceipt>(request, settings);
    show(receipt, settings, ({ ref, is_new: isNew }) => [
      isNew ? `published ${ref}` : `${ref} was published before, and is the same`,
      `next: npm run rollout -- start <name> --model ${ref}`,
    ]);
  });

await runProgram(program);
