import { decider } from './lib/decide.ts';
import { optionsOf, scenarioNamed } from './lib/scenario.ts';

export { handleSummary } from './lib/summary.ts';
export const options = optionsOf('soak');
export default decider(scenarioNamed('soak').hotCardShare);
