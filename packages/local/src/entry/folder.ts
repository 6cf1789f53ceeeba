/** The entry `@naru/local/folder`: creates the folder of a log, without loading LMDB. */
export { makeFolder } from '../folder.js';
