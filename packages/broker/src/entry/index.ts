/** The entry `@naru/broker`: what the backplanes on other machines share. */

export { isAboutNodes, isRead } from '../call.js';
export { askCredentials } from '../credentials.js';
export type {
  Home,
  HomeMethod,
  HomeMethods,
  HomeRequest,
  StoreName,
  Uplink,
  UplinkHandler,
  WriteId,
} from '../home.js';
export { isRefusal } from '../home-state.js';
export { BATCH_HEAD_BYTES, countIn, encodeBatch } from '../log/batch.js';
export { decodeBatch, recordsAt, recordsUpTo, storedRecords, tellBatch } from '../log/batch-decoder.js';
export { followsAppends, OpenAppends } from '../open-appends.js';
export { Readings } from '../readings.js';
export { RemoteBackplane } from '../remote-backplane.js';
export { ALL_NODES } from '../remote-talk.js';
