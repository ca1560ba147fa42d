import { journalProgram } from './journal-program.js';

await journalProgram().parseAsync();
