/** A lane for the volatile events of a page, over a WebRTC data channel. Import it beside `naru/client`. */
export * from '../client/lane/index.js';
