/**
 * The client's queue for waiting events. It is bounded in bytes and age, and can survive a page reload. Import it
 * beside `naru/client`.
 */
export * from '../../client/queue/index.js';
