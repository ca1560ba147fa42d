import { decider } from './lib/decide.ts';
import { optionsOf, scenarioNamed } from './lib/scenario.ts';

export { handleSummary } from './lib/summary.ts';
export const options = optionsOf('hot-card');
export default decider(scenarioNamed('hot-card').hotCardShare);
