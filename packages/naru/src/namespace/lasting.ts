/** The parts of a namespace that outlast its core: the settings of the program, and the rooms, which it may hold. */
import type { Outbox } from '../session/outbox.js';
import { type PermissionRules, Rules } from './permissions/permissions.js';
import { Rooms } from './rooms.js';
import { type SlowArguments, SlowPolicies, type SlowSettings } from './slow-policies/namespace-policies.js';
import type { Member, Socket } from './socket/socket.js';

/** The settings of the server that these parts use. */
export interface LastingContext {
  readonly roomsPerSocketMax: number;
  readonly slowSettings: SlowSettings;
  /** Returns the home of the log of a namespace, or `undefined` for a namespace without a log. */
  homeFor(name: string): unknown;
  readonly outbox: Pick<Outbox, 'settle'>;
}

/** The lasting parts of one namespace. */
export class LastingParts {
  readonly members: Rooms<Member>;
  /** The rules for what clients may do by themselves. */
  readonly rules = new Rules<Socket>();
  /** The policies for clients that read slowly. */
  readonly policies: SlowPolicies;
  /** Called when a policy has changed: that of a room, or those of all. */
  onPolicy: ((room: string | undefined) => void) | undefined = undefined;
  readonly #outbox: LastingContext['outbox'];
  #ackId = 0;

  constructor(name: string, context: LastingContext) {
    const { roomsPerSocketMax, slowSettings, outbox } = context;
    this.members = new Rooms(roomsPerSocketMax);
    this.policies = new SlowPolicies(slowSettings, context.homeFor(name) !== undefined);
    this.#outbox = outbox;
  }

  /** Sets rules. */
  allow(rules: PermissionRules<Socket>): void {
    this.rules.allow(rules);
  }

  /** Sets the policy of the namespace or of a room. `undefined` restores the more general policy. */
  slow(...args: SlowArguments): void {
    // Earlier events keep the earlier policy.
    this.#outbox.settle();
    this.policies.change(...args);
    this.onPolicy?.(typeof args[0] === 'string' ? args[0] : undefined);
  }

  /** Takes over the rules and policies of another namespace. */
  copy({ rules, policies }: LastingParts): void {
    this.rules.allow(rules.current);
    policies.copyTo(this.policies);
  }

  /** Creates an ack id. No id is given out twice, so a late answer never counts for another question. */
  createAckId(): number {
    const id = this.#ackId;
    this.#ackId += 1;
    return id;
  }
}
