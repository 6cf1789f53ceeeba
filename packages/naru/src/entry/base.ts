/** The entry `naru/base`: bytes, time, errors and tables of options, as every package of Naru uses them. */
export { asBuffer, type Sendable, toBuffer } from '../base/node/buffer.js';
export {
  type Endpoint,
  type EndpointRules,
  formatEndpoint,
  isAnyHost,
  isIpv6,
  parseEndpoint,
  SOCKET_PATH_BYTES_MAX,
} from '../base/node/endpoint.js';
export * from './base.browser.js';
