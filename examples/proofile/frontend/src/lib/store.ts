/** A value that components follow with useSyncExternalStore. */
export class Store<T> {
  readonly #initial: T;
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(initial: T) {
    this.#initial = initial;
    this.#value = initial;
  }

  get = (): T => this.#value;

  /** What the server renders: nothing has happened there yet. */
  getInitial = (): T => this.#initial;

  set = (value: T): void => {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const listener of this.#listeners) listener();
  };

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
