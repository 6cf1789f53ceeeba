/** Our client against our server, with the same claims as each of them with a peer. */
import { pairOf } from './harness.js';
import { claims } from './suites/index.js';

claims(await pairOf({ server: 'naru', client: 'naru' }));
