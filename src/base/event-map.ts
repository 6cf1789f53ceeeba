/** The types that tie event names to the arguments of their listeners; every event generic of the entries is built from these. */

// The one `any`: a listener's arguments are contravariant, so no other type accepts every function.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Anything = any;

/** Data whose type the application left open, as Socket.IO's own types leave it open. */
export type Untyped = Anything;

/** A function called with the arguments of an event. */
export type Listener = (...args: Anything[]) => void;

/** An interface of events: names to listener signatures. */
export interface EventsMap {
  [event: string]: Anything;
}

/** The events of code that declares none: any name, any arguments. */
export interface DefaultEventsMap {
  [event: string]: Listener;
}

/** The names in an events map. */
export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

/** The arguments of one event. */
export type EventParams<Map extends EventsMap, Name extends EventNames<Map>> = Parameters<Map[Name]>;

/** The names that can be listened to: the reserved ones and the user's. */
export type NamesOf<User extends EventsMap, Reserved extends EventsMap> = EventNames<Reserved> | EventNames<User>;

/** The listener of a reserved event or, failing that, of the user's event of that name. */
export type ListenerOf<
  User extends EventsMap,
  Reserved extends EventsMap,
  Name extends NamesOf<User, Reserved>,
> = OrUntyped<Name extends EventNames<Reserved> ? Reserved[Name] : Name extends EventNames<User> ? User[Name] : never>;

// While a generic class is checked, its events are not known yet, and `never` would refuse every listener.
type OrUntyped<T> = [T] extends [never] ? (...args: Anything[]) => void | Promise<void> : T;

type IsAny<T> = 0 extends 1 & T ? true : false;

type Callback = (...args: Anything[]) => Anything;

/** The last type of a tuple; of an array, the type of its elements; of nothing, `never`. */
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

/** The type of the acknowledgement that an event asks for, its last argument; `never` when it asks for none. */
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

/** Names of events whose last argument is an acknowledgement, and of those that take anything. */
export type EventNamesWithAck<
  Map extends EventsMap,
  Name extends EventNames<Map> = EventNames<Map>,
> = Name extends unknown ? ([AckOf<Map[Name]>] extends [never] ? never : Name) : never;

/** Names of events without an acknowledgement, and of those that take anything. */
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

/** Names of events whose acknowledgement takes an error first, as after `timeout`, and of those that take anything. */
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

/** The first argument of a function type. */
export type FirstArg<T> = T extends (first: infer First, ...rest: Anything[]) => Anything ? First : never;

/** The first argument of an acknowledgement that is not its error: what `emitWithAck` resolves with. */
export type FirstNonErrorArg<T> =
  IsAny<T> extends true
    ? Anything
    : T extends (...args: infer Args) => unknown
      ? StartsWithError<Args> extends true
        ? Args[1]
        : Args[0]
      : Anything;

// Mapped over the whole tuple instead of cut at its end, because that keeps the names of the arguments and what is optional.
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

// The answer of a socket is the first argument that is no error; what it sends behind that is not collected.
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

/** The map after `.timeout()`: each acknowledgement gets the error first. */
export type DecorateAcknowledgements<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: WithError<Params>) => Result
    : Map[Name];
};

/** The map of a broadcast after `.timeout()`: error first, then the answers of all as an array. */
export type DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: WithAnswers<WithError<Params>>) => Result
    : Map[Name];
};

/** The map of a broadcast: acknowledgements give the answers of all as an array. */
export type DecorateAcknowledgementsWithMultipleResponses<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: WithAnswers<Params>) => Result
    : Map[Name];
};

/** The map with only the events that ask for no acknowledgement: what can be emitted to everybody without `timeout`. */
export type RemoveAcknowledgements<Map extends EventsMap> = {
  [Name in EventNamesWithoutAck<Map>]: Map[Name];
};
