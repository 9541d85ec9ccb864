import { maybe, number_of, object_of, text_of } from './json.ts';

// The WebSocket of docs/formats/api.md: subscribes, counts, says what was missed, and comes back.

export type StreamState = 'connecting' | 'open' | 'stale' | 'reconnecting';
export type Channel = 'map' | 'liquidations' | 'clusters' | 'health';
export type Subscription = {
  readonly channel: Channel;
  readonly instrument: string;
  readonly part?: string; // of channel map; absent: all positions
};
export type StreamMessage = Subscription & {
  readonly kind: 'snapshot' | 'delta';
  readonly data: unknown;
};

export type Socket = {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
};

export type StreamOptions = {
  readonly open: () => Socket;
  readonly set_timer: (run: () => void, ms: number) => number;
  readonly clear_timer: (timer: number) => void;
  readonly random: () => number;
  readonly stale_after_ms: number;
  readonly on_message: (message: StreamMessage) => void;
  // Updates of this channel were lost or merged: what it says must be read over HTTP.
  readonly on_gap: (of: StreamMessage) => void;
  readonly on_state: (state: StreamState) => void;
  // What was asked for could not be done.
  readonly on_problem?: (detail: string) => void;
};

const kFirstDelayMs = 500;
const kDelayMaxMs = 5000; // nobody who looks at a lost map waits longer

// The health is that of the service, whatever instrument it was asked with.
const key_of = (of: Subscription): string =>
  (of.channel === 'health' ? 'health' : `${of.channel} ${of.instrument} ${of.part ?? ''}`);

export class StreamClient {
  readonly #options: StreamOptions;
  readonly #wanted = new Map<string, Subscription>();
  readonly #seq = new Map<string, number>();
  #socket: Socket | null = null;
  #is_open = false;
  #failures = 0;
  #retry: number | undefined;
  #silence: number | undefined;
  #state: StreamState | null = null;

  constructor(options: StreamOptions) {
    this.#options = options;
  }

  start(): void {
    this.#set_state(this.#failures === 0 ? 'connecting' : 'reconnecting');
    const socket = this.#options.open();
    this.#socket = socket;
    socket.onopen = () => {
      this.#is_open = true;
      for (const subscription of this.#wanted.values()) this.#send_subscribe(subscription);
      this.#heard();
    };
    socket.onmessage = (event) => this.#take(event.data);
    socket.onclose = () => this.#lost();
    this.#listen();
  }

  stop(): void {
    this.#stop_timers();
    const socket = this.#socket;
    this.#forget_socket();
    socket?.close();
  }

  subscribe(to: Subscription): void {
    this.#wanted.set(key_of(to), to);
    if (this.#is_open) this.#send_subscribe(to);
  }

  unsubscribe(from: Subscription): void {
    this.#wanted.delete(key_of(from));
    this.#seq.delete(key_of(from));
    if (this.#is_open) this.#socket?.send(JSON.stringify({ op: 'unsubscribe', ...from }));
  }

  // Tries now, and not when the delay is over: the machine says that its network is back.
  hurry(): void {
    if (this.#socket !== null) return;
    this.#stop_timers();
    this.start();
  }

  #send_subscribe(to: Subscription): void {
    const since = this.#seq.get(key_of(to));
    const text = JSON.stringify(
      { op: 'subscribe', ...to, ...(since === undefined ? {} : { since }) });
    this.#socket?.send(text);
  }

  #take(data: unknown): void {
    this.#heard();
    let message: StreamMessage & { seq: number; coalesced: number };
    try {
      const from = object_of(JSON.parse(String(data)), 'message');
      if (from['kind'] === 'problem') {
        this.#options.on_problem?.(text_of(from['detail'] ?? from['name'], 'detail'));
        return;
      }
      const kind = text_of(from['kind'], 'kind') === 'snapshot' ? 'snapshot' : 'delta';
      const part = maybe(text_of, from['part'], 'part');
      message = {
        channel: text_of(from['channel'], 'channel') as Channel,
        instrument: maybe(text_of, from['instrument'], 'instrument') ?? '',
        ...(part === null ? {} : { part }),
        seq: number_of(from['seq'], 'seq'),
        kind,
        coalesced: maybe(number_of, from['coalesced'], 'coalesced') ?? 1,
        data: from['data'],
      };
    } catch {
      return; // an answer to an operation, or a channel of a newer service
    }
    this.#count(message);
  }

  #count(message: StreamMessage & { seq: number; coalesced: number }): void {
    const key = key_of(message);
    if (!this.#wanted.has(key)) return; // it was under way when we unsubscribed
    const before = this.#seq.get(key);
    if (message.kind === 'delta' && before !== undefined && message.seq <= before) return;
    this.#seq.set(key, message.seq);
    const is_next = before === undefined
      ? message.kind === 'snapshot'
      : message.kind === 'delta' && message.seq === before + 1 && message.coalesced === 1;
    if (!is_next) this.#options.on_gap(message);
    this.#options.on_message(message);
  }

  #heard(): void {
    this.#failures = 0;
    this.#set_state('open');
    this.#listen();
  }

  // Silence first looks stale; twice as long, the connection is taken for dead.
  #listen(): void {
    const { set_timer, clear_timer, stale_after_ms } = this.#options;
    if (this.#silence !== undefined) clear_timer(this.#silence);
    this.#silence = set_timer(() => {
      if (this.#is_open) this.#set_state('stale');
      this.#silence = set_timer(() => {
        const socket = this.#socket;
        this.#lost();
        socket?.close();
      }, stale_after_ms);
    }, stale_after_ms);
  }

  #lost(): void {
    if (this.#socket === null) return;
    this.#stop_timers();
    this.#forget_socket();
    this.#failures += 1;
    this.#set_state('reconnecting');
    const delay = Math.min(kDelayMaxMs, kFirstDelayMs * 2 ** (this.#failures - 1));
    this.#retry = this.#options.set_timer(
      () => this.start(), delay * (0.5 + this.#options.random() / 2));
  }

  #forget_socket(): void {
    if (this.#socket !== null) {
      this.#socket.onopen = null;
      this.#socket.onmessage = null;
      this.#socket.onclose = null;
    }
    this.#socket = null;
    this.#is_open = false;
  }

  #stop_timers(): void {
    for (const timer of [this.#retry, this.#silence]) {
      if (timer !== undefined) this.#options.clear_timer(timer);
    }
    this.#retry = undefined;
    this.#silence = undefined;
  }

  #set_state(state: StreamState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.on_state(state);
  }
}
