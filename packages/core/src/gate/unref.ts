/** Has a timer not keep the process alive, in runtimes that can. Returns the timer. */
export function unref<T>(timer: T): T {
  if (typeof timer === "object" && timer !== null && "unref" in timer && typeof timer.unref === "function")
    timer.unref();
  return timer;
}
