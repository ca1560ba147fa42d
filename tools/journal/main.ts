import '#config/onnx-telemetry-off.js';
import { journalProgram } from './journal-program.js';
import { openRecompute } from './open-recompute.js';

await journalProgram(openRecompute).parseAsync();
