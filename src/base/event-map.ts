/** The types that tie event names to the arguments of their listeners; every event generic of the doors is built from these. */

// The one `any`: a listener's arguments are contravariant, so no other type accepts every function.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Anything = any;

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

/** The listener of a reserved event or, failing that, of the user's event of that name. */
export type ReservedOrUserListener<
  Reserved extends EventsMap,
  User extends EventsMap,
  Name extends EventNames<Reserved> | EventNames<User>,
> =
  Name extends EventNames<Reserved> ? Reserved[Name] : Name extends EventNames<User> ? UserListener<User, Name> : never;

// Mapped through a conditional type so that the default map yields `(...args: any[]) => void` and not an index lookup.
type UserListener<User extends EventsMap, Name extends EventNames<User>> = Listener extends User[Name]
  ? Listener
  : User[Name];

/** The last type of a tuple. */
export type Last<Tuple extends readonly unknown[]> = Tuple extends readonly [...infer _, infer Final]
  ? Final
  : Anything;

/** A tuple without its last type. */
export type AllButLast<Tuple extends readonly unknown[]> = Tuple extends readonly [...infer Rest, infer _]
  ? Rest
  : Anything[];

type IsAny<T> = 0 extends 1 & T ? true : false;

/** Names of events whose last argument is an acknowledgement. */
export type EventNamesWithAck<Map extends EventsMap, Name extends EventNames<Map> = EventNames<Map>> = IfAny<
  Last<Parameters<Map[Name]>> | Map[Name],
  Name,
  Name extends (Last<Parameters<Map[Name]>> extends (...args: Anything[]) => Anything ? Name : never) ? Name : never
>;

/** Names of events without an acknowledgement. */
export type EventNamesWithoutAck<Map extends EventsMap, Name extends EventNames<Map> = EventNames<Map>> = IfAny<
  Last<Parameters<Map[Name]>> | Map[Name],
  Name,
  Name extends (Parameters<Map[Name]> extends never[] ? Name : never)
    ? Name
    : Name extends (Last<Parameters<Map[Name]>> extends (...args: Anything[]) => Anything ? never : Name)
      ? Name
      : never
>;

type IfAny<T, Yes, No> = IsAny<T> extends true ? Yes : No;

/** The first argument of a function type. */
export type FirstArg<T> = T extends (first: infer First, ...rest: Anything[]) => Anything ? First : never;

/** The first argument of an acknowledgement that is not its error: what `emitWithAck` resolves with. */
export type FirstNonErrorArg<T> = T extends (...args: infer Args) => Anything
  ? Args extends [Error, infer Second, ...unknown[]]
    ? Second
    : Args extends [Error | null | undefined, infer Second, ...unknown[]]
      ? Second
      : Args[0]
  : Anything;

type PrependError<Ack> = Ack extends (...args: infer Args) => infer Result
  ? (error: Error, ...args: Args) => Result
  : Ack;

type MultiplyArgs<Ack> = Ack extends (...args: infer Args) => infer Result
  ? (error: Error, ...args: { [Key in keyof Args]: Args[Key][] }) => Result
  : Ack;

type CollectArgs<Ack> = Ack extends (...args: infer Args) => infer Result
  ? (...args: { [Key in keyof Args]: Args[Key][] }) => Result
  : Ack;

type MapLast<Params extends readonly unknown[], Ack> = Params extends readonly [...infer Rest, infer _]
  ? [...Rest, Ack]
  : Params;

/** The map after `.timeout()`: each acknowledgement gets the error first. */
export type DecorateAcknowledgements<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: MapLast<Params, PrependError<Last<Params>>>) => Result
    : Map[Name];
};

/** The map of a broadcast after `.timeout()`: error first, then the answers of all as arrays. */
export type DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: MapLast<Params, MultiplyArgs<Last<Params>>>) => Result
    : Map[Name];
};

/** The map of a broadcast: acknowledgements give the answers of all as arrays. */
export type DecorateAcknowledgementsWithMultipleResponses<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (...args: MapLast<Params, CollectArgs<Last<Params>>>) => Result
    : Map[Name];
};

/** The map with only events that ask for no acknowledgement. */
export type RemoveAcknowledgements<Map> = {
  [Name in keyof Map]: Map[Name] extends (...args: infer Params) => infer Result
    ? (
        ...args: Params extends readonly [...infer Rest, infer Final]
          ? Final extends (...args: Anything[]) => Anything
            ? Rest
            : Params
          : Params
      ) => Result
    : Map[Name];
};
