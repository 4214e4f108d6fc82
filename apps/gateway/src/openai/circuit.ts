/** Failures in a row after which a way is left alone for a while. */
const failuresToOpen = 5
const firstCooldownMs = 5_000
/** Also of what a provider asks for: one slip of its clock must not take a model away for a day. */
const longestCooldownMs = 60_000
/** A probe that has neither come to an end nor begun to answer by then no longer holds the others up. */
const probeLimitMs = 60_000

/**
 * Whether one connection and model is asked at present. Closed, it is; after failures in a row
 * it opens and nobody does, for as long as the provider asks; then one call may try (half open), whose fortune decides. Kept in this process:
 * each replica finds out for itself.
 */
export class Circuit {
  private failures = 0
  /** By the clock; 0 while it is closed. */
  private openUntil = 0
  /** Openings without a success between them: each is longer than the one before. */
  private openings = 0
  /** Counts openings: what was asked before the last one says nothing about the time since. */
  private epoch = 0
  private probeUntil = 0

  /** @param now a clock in milliseconds */
  constructor(private readonly now: () => number = () => performance.now()) {}

  /** Leave to ask, which has to be told how it went; null while it is open, or another call tries. */
  enter(): Ticket | null {
    if (this.openUntil === 0) return this.ticket(false)
    const now = this.now()
    if (now < this.openUntil || now < this.probeUntil) return null
    this.probeUntil = now + probeLimitMs
    return this.ticket(true)
  }

  /** Leave to ask whatever its state: for a call that has nobody else to ask. */
  force(): Ticket {
    return this.enter() ?? this.ticket(false)
  }

  /** Nobody is asked, unless they have no choice. */
  get isOpen(): boolean {
    return this.openUntil !== 0
  }

  /** Milliseconds until a call may try; 0 where one may now. */
  waitMs(): number {
    if (this.openUntil === 0) return 0
    return Math.max(0, Math.max(this.openUntil, this.probeUntil) - this.now())
  }

  private ticket(isProbe: boolean): Ticket {
    const { epoch } = this
    const isCurrent = () => epoch === this.epoch
    return {
      accepted: () => {
        if (!isCurrent()) return
        // It is there for others, whatever may yet become of this answer.
        this.failures = 0
        this.close()
      },
      succeeded: () => {
        if (!isCurrent()) return
        this.failures = 0
        this.openings = 0
        this.close()
      },
      failed: (cooldownMs) => {
        if (!isCurrent()) return
        // One that asks for time is no exception: a limit is often that of one large request, not of everybody's.
        if (isProbe || (this.openUntil === 0 && ++this.failures >= failuresToOpen)) this.open(cooldownMs)
      },
      left: () => {
        if (isProbe && isCurrent()) this.probeUntil = 0
      },
    }
  }

  private open(askedMs?: number): void {
    const backOffMs = firstCooldownMs * 2 ** this.openings * (0.75 + Math.random() / 4)
    const cooldownMs = Math.min(longestCooldownMs, Math.max(0, askedMs ?? backOffMs))
    if (askedMs === undefined) this.openings++
    this.openUntil = Math.max(this.openUntil, this.now() + cooldownMs)
    this.probeUntil = 0
    this.failures = 0
    this.epoch++
  }

  private close(): void {
    this.openUntil = 0
    this.probeUntil = 0
  }
}

/** Leave to ask once. Has to be told one of the last three. */
export interface Ticket {
  /** The provider has begun to answer: it is there. */
  accepted(): void
  /** It has answered in full. */
  succeeded(): void
  /** It failed, by no fault of the caller. @param cooldownMs for how long it is left alone where this opens the circuit */
  failed(cooldownMs?: number): void
  /** It ended in a way that says nothing about the provider. */
  left(): void
}

/** The circuits of what a configuration names: as many, and no more, however many models callers make up. */
export class Circuits {
  private readonly known = new Map<string, Circuit>()

  /** Makes it where there is none; for what the configuration names. */
  of(way: Way): Circuit {
    const found = this.find(way) ?? new Circuit()
    this.known.set(keyOf(way), found)
    return found
  }

  find(way: Way): Circuit | undefined {
    return this.known.get(keyOf(way))
  }
}

interface Way {
  provider: string
  connection: string
  model: string
}

const keyOf = ({ provider, connection, model }: Way) => `${provider} ${connection} ${model}`
