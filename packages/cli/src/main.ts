#!/usr/bin/env node
/** Starts the program `naru`. */
import { run } from './run.js';

await run(process.argv.slice(2));
