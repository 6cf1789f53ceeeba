/** The names of people. */
import { Names } from 'naru-apps-kit/server/names.js';

/** The names of the application. */
export const names = new Names('arena');
