/**
 * Types that connect event names with the arguments of their listeners. All generic event types of the package use
 * them.
 */

// The only `any` in the code: a listener's arguments are contravariant, so no other type accepts every function.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Anything = any;

/** Data whose type the application does not declare, as in Socket.IO's own types. */
export type Untyped = Anything;

/** A function called with the arguments of an event. */
export type Listener = (...args: Anything[]) => void;

/** An interface of events, from names to listener signatures. */
export interface EventsMap {
  [event: string]: Anything;
}

/** The events of code without declared events: any name, any arguments. */
export interface DefaultEventsMap {
  [event: string]: Listener;
}

/** The names in an events map. */
export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

/** The arguments of one event. */
export type EventParams<Map extends EventsMap, Name extends EventNames<Map>> = Parameters<Map[Name]>;

/** The names that can have listeners: the reserved ones and the user's. */
export type NamesOf<User extends EventsMap, Reserved extends EventsMap> = EventNames<Reserved> | EventNames<User>;

/** The listener of a reserved event, or of the user's event if the name is not reserved. */
export type ListenerOf<
  User extends EventsMap,
  Reserved extends EventsMap,
  Name extends NamesOf<User, Reserved>,
> = OrUntyped<Name extends EventNames<Reserved> ? Reserved[Name] : Name extends EventNames<User> ? User[Name] : never>;

// While TypeScript checks a generic class, its events are unknown, and `never` would refuse every listener.
type OrUntyped<T> = [T] extends [never] ? (...args: Anything[]) => void | Promise<void> : T;

type IsAny<T> = 0 extends 1 & T ? true : false;

type Callback = (...args: Anything[]) => Anything;

/** The last type of a tuple. For an array, the type of its elements; for an empty tuple, `never`. */
export type Last<Tuple extends readonly unknown[]> = Tuple extends readonly []
  ? never
  : Tuple extends readonly [...unknown[], infer Final]
    ? Final
    : Tuple extends readonly (infer Element)[]
      ? Element
      : never;

/** A tuple without its last type. */
export type AllButLast<Tuple extends readonly unknown[]> = Tuple extends readonly [...infer Rest, unknown]
  ? Rest
  : Anything[];

/** The type of an event's acknowledgement, which is its last argument, or `never` if the event has none. */
type AckOf<Event> =
  IsAny<Event> extends true
    ? Anything
    : Event extends (...args: infer Args) => unknown
      ? IsAny<Last<Args>> extends true
        ? Anything
        : Last<Args> extends Callback
          ? Last<Args>
          : never
      : never;

/** Names of events whose last argument is an acknowledgement, and of untyped events. */
export type EventNamesWithAck<
  Map extends EventsMap,
  Name extends EventNames<Map> = EventNames<Map>,
> = Name extends unknown ? ([AckOf<Map[Name]>] extends [never] ? never : Name) : never;

/** Names of events without an acknowledgement, and of untyped events. */
export type EventNamesWithoutAck<
  Map extends EventsMap,
  Name extends EventNames<Map> = EventNames<Map>,
> = Name extends unknown
  ? [AckOf<Map[Name]>] extends [never]
    ? Name
    : IsAny<AckOf<Map[Name]>> extends true
      ? Name
      : never
  : never;

/** Names of events whose acknowledgement takes an error first, as after `timeout`, and of untyped events. */
export type EventNamesWithError<
  Map extends EventsMap,
  Name extends EventNames<Map> = EventNames<Map>,
> = Name extends unknown
  ? IsAny<AckOf<Map[Name]>> extends true
    ? Name
    : AckOf<Map[Name]> extends (...args: infer Args) => unknown
      ? [AckOf<Map[Name]>] extends [never]
        ? never
        : StartsWithError<Args> extends true
          ? Name
          : never
      : never
  : never;

type StartsWithError<Args extends readonly unknown[]> = Args extends readonly [infer First, ...unknown[]]
  ? IsAny<First> extends true
    ? false
    : First extends Error
      ? true
      : false
  : false;

/** The first argument of an acknowledgement that is not its error. `emitWithAck` resolves with it. */
export type FirstNonErrorArg<T> =
  IsAny<T> extends true
    ? Anything
    : T extends (...args: infer Args) => unknown
      ? StartsWithError<Args> extends true
        ? Args[1]
        : Args[0]
      : Anything;

// Maps the whole tuple instead of splitting it, because that keeps the names of the arguments and their optional marks.
type WithError<Params extends readonly unknown[]> = {
  [Key in keyof Params]: IsAny<Params[Key]> extends true
    ? Params[Key]
    : Params[Key] extends (...args: infer Args) => infer Result
      ? StartsWithError<Args> extends true
        ? Params[Key]
        : (error: Error, ...args: Args) => Result
      : Params[Key];
};

type WithAnswers<Params extends readonly unknown[]> = {
  [Key in keyof Params]: IsAny<Params[Key]> extends true
    ? Params[Key]
    : Params[Key] extends (...args: infer Args) => infer Result
      ? (...args: Answers<Args>) => Result
      : Params[Key];
};

// The answer of a socket is the first argument that is not an error. Further arguments are not collected.
type Answers<Args extends readonly unknown[]> =
  StartsWithError<Args> extends true
    ? Args extends readonly [unknown, infer Answer, ...unknown[]]
      ? [error: Error, answers: Answer[]]
      : [error: Error]
    : Args extends readonly [infer Answer, ...unknown[]]
      ? [answers: Answer[]]
      : Args extends readonly []
        ? []
        : Anything[];

/** The events after `.timeout()`. Each acknowledgement gets the error first. */
export type DecorateAcknowledgements<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: WithError<Params>) => Result
    : Map[Name];
};

/** The events of a broadcast after `.timeout()`. Acknowledgements get the error first, then all answers as an array. */
export type DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: WithAnswers<WithError<Params>>) => Result
    : Map[Name];
};

/** The events of a broadcast. Acknowledgements get all answers as an array. */
export type DecorateAcknowledgementsWithMultipleResponses<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: WithAnswers<Params>) => Result
    : Map[Name];
};
