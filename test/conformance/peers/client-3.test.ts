/** The stock client of Socket.IO 3 against our server. */
import { pairOf } from './harness.js';
import { claims } from './suites/index.js';

claims(await pairOf({ server: 'naru', client: 3 }));
