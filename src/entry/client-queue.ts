/** The client's queue for events that wait: bounded in bytes and age, and kept for the next page if wanted. Import it beside `naru/client`. */
export * from '../client/queue/index.js';
