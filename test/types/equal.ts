/** Claims about types, checked by the compiler alone. */

/** `true` when two types are identical, rather than merely assignable to each other. */
export type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;

/** Fails to compile unless the two types are the same: `same<Expected, typeof value>(true)`. */
export function same<One, Other>(_claim: Same<One, Other>): void {}

/** Fails to compile unless the value has the type. */
export function has<Type>(_value: Type): void {}
