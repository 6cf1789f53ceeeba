import { describe, it } from 'vitest';
import { transportContract } from '../../../../testing/src/contracts/transport-contract.js';
import { openForContract } from './open-sse.js';

describe('the contract of transports is kept by HTTP streaming', () => {
  for (const { name, run } of transportContract(openForContract)) it(name, run);
});
