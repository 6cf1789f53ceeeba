/** The store of the page, with the state of this application. */
import { type Step as StepOf, Store as StoreOf } from 'naru-apps-kit/page/store.js';
import type { State } from './state.js';

/** A pure step from one state to the next. */
export type Step = StepOf<State>;

/** The holder of the state. */
export class Store extends StoreOf<State> {}
