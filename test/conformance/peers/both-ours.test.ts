/** Our client against our server, held to the same claims as either is with a peer. */
import { pairOf } from './harness.js';
import { claims } from './suites/index.js';

claims(await pairOf({ server: 'naru', client: 'naru' }));
