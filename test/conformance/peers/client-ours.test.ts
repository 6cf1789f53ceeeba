/** Our client against the stock server of Socket.IO 4. */
import { pairOf } from './harness.js';
import { claims } from './suites/index.js';

claims(await pairOf({ server: 'stock', client: 'naru' }));
