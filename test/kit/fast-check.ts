/** fast-check, with the seed of this run. */
import fc from 'fast-check';
import { fuzzSeed } from './fuzz-seed.js';

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: fuzzSeed | 0 });

export { fc };
