import { once } from "node:events";
import { Duplex } from "node:stream";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { refusalBytes, refuseSocket } from "../src/transport/refusal.ts";

/** A connection whose peer takes what is written when it is told to. */
class Peer extends Duplex {
  readonly written: Buffer[] = [];
  accept: () => void = () => {};

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.written.push(chunk);
    this.accept = done;
  }
}

describe("a refused connection", () => {
  // Another file of this process may have left connections to the one timer of all refusals, which would then go on in the clock of that file.
  beforeAll(async () => {
    const last = new Peer();
    refuseSocket(last, 403);
    await once(last, "close");
  });
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
  afterEach(() => {
    // The one timer of all refusals must not be left in this clock.
    vi.runOnlyPendingTimers();
    vi.useRealTimers();
  });

  test("gets all of the refusal, and is let go once it has it", async () => {
    const peer = new Peer();
    refuseSocket(peer, 403);
    expect(Buffer.concat(peer.written)).toEqual(refusalBytes(403));
    expect(peer.destroyed).toBe(false);
    const closed = new Promise((resolve) => peer.once("close", resolve));
    peer.accept();
    await closed;
    expect(peer.destroyed).toBe(true);
    // One timer serves all refusals.
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
  });

  test("whose peer never takes it is let go after two seconds", async () => {
    const peer = new Peer();
    refuseSocket(peer, 403);
    await vi.advanceTimersByTimeAsync(1999);
    expect(peer.destroyed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(peer.destroyed).toBe(true);
  });

  test("is let go at its own time, whichever of the others went before", async () => {
    const peers = [new Peer(), new Peer(), new Peer(), new Peer(), new Peer()];
    const left = (): readonly number[] => peers.flatMap(({ destroyed }, index) => (destroyed ? [] : [index]));
    for (const peer of peers) {
      refuseSocket(peer, 403);
      await vi.advanceTimersByTimeAsync(100);
    }
    // The first one, the last one, and one in the middle.
    peers[0]?.accept();
    peers[4]?.destroy();
    peers[2]?.accept();
    await vi.advanceTimersByTimeAsync(1500);
    expect(left()).toEqual([1, 3]);
    await vi.advanceTimersByTimeAsync(100);
    expect(left()).toEqual([3]);
    const next = new Peer();
    refuseSocket(next, 403);
    await vi.advanceTimersByTimeAsync(200);
    expect(left()).toEqual([]);
    await vi.advanceTimersByTimeAsync(1799);
    expect(next.destroyed).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(next.destroyed).toBe(true);
  });

  test("has what its peer sent meanwhile read, and thrown away", () => {
    const peer = new Peer();
    refuseSocket(peer, 403);
    expect(peer.readableFlowing).toBe(true);
  });

  test("that is gone already gets nothing, and no timer", () => {
    const peer = new Peer();
    peer.destroy();
    refuseSocket(peer, 403);
    expect(peer.written).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("a refusal that nobody takes keeps no process alive", () => {
  const peer = new Peer();
  const before = process.getActiveResourcesInfo();
  refuseSocket(peer, 403);
  expect(process.getActiveResourcesInfo()).toEqual(before);
  peer.destroy();
});
