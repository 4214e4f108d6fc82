import { crc32 } from 'node:zlib'
import type { RecordText } from './record-text.js'

/**
 * A record as it stands in a file of the spool: `<crc32 in hex> <row>[<tab><content row>]<newline>`, where the checksum
 * is that of all between the space and the end of the line. JSON has neither tab nor newline in itself. What waits for
 * the database waits as these bytes, which are made once for both and are nothing to the garbage collector.
 */
export class RecordLine {
  constructor(
    readonly id: string,
    readonly principalId: string,
    readonly kind: RecordText['kind'],
    private readonly page: Page,
    private readonly start: number,
    private readonly rowEnd: number,
    /** After its newline. */
    private readonly end: number,
  ) {}

  /** Bytes of the line. */
  get length(): number {
    return this.end - this.start
  }

  get hasContent(): boolean {
    return this.rowEnd + 1 < this.end
  }

  /** Bytes of its row of `Call`. */
  get rowLength(): number {
    return this.rowEnd - this.start - prefix
  }

  /** Writes its row of `Call`, JSON in UTF-8, to where it is wanted. */
  copyRow(into: Buffer, at: number): void {
    this.page.bytes.copy(into, at, this.start + prefix, this.rowEnd)
  }

  get row(): string {
    return this.page.bytes.toString('utf8', this.start + prefix, this.rowEnd)
  }

  /** Its row of `CallContent` as JSON; null where nothing was said. */
  get contentRow(): string | null {
    return this.hasContent ? this.page.bytes.toString('utf8', this.rowEnd + 1, this.end - 1) : null
  }

  /** The same without what was said: good for the database alone, for the bytes are those of the line that has it. */
  withoutContent(): RecordLine {
    const { id, principalId, kind, page, start, rowEnd } = this
    return new RecordLine(id, principalId, kind, page, start, rowEnd, rowEnd + 1)
  }

  /** The same in memory of its own, which nobody else writes on. */
  apart(): RecordLine {
    const { id, principalId, kind, start } = this
    const line = this.through(this)
    // Not from the pool that small buffers share: one of them keeps all of it.
    const bytes = Buffer.allocUnsafeSlow(line.length)
    line.copy(bytes)
    return new RecordLine(id, principalId, kind, { bytes, lines: 1 }, 0, this.rowEnd - start, bytes.length)
  }

  /** Nobody reads it again: its memory may be written on. */
  release(pages: LinePages): void {
    pages.release(this.page)
  }

  /** Its bytes and those of the lines behind it up to `last`, which must follow on each other. */
  through(last: RecordLine): Buffer {
    return this.page.bytes.subarray(this.start, last.end)
  }

  /** Whether it stands right behind another. */
  follows(other: RecordLine): boolean {
    return this.page === other.page && this.start === other.end
  }
}

/** Checksum and space. */
const prefix = 9
const pageBytes = 64 << 10
/** Pages that are kept to be written on again, as many as a busy gateway fills while the database writes. */
const sparePages = 64
const [space, tab, newline] = [0x20, 0x09, 0x0a]

interface Page {
  bytes: Buffer
  /** That somebody still reads. */
  lines: number
}

const newPage = (bytes: number): Page => ({ bytes: Buffer.allocUnsafeSlow(bytes), lines: 0 })

/** Writes lines behind each other, into pages of memory that are used again once nobody reads any of their lines. */
export class LinePages {
  private readonly spare: Page[] = []
  private page = newPage(pageBytes)
  private used = 0

  write({ id, principalId, kind, row, contentRow }: RecordText): RecordLine {
    this.makeRoom(row, contentRow)
    const { page, used: start } = this
    const { bytes } = page
    const rowEnd = start + prefix + bytes.write(row, start + prefix)
    let end = rowEnd
    if (contentRow !== null) {
      bytes[end] = tab
      end += 1 + bytes.write(contentRow, end + 1)
    }
    writeChecksum(bytes, start, crc32(bytes.subarray(start + prefix, end)))
    bytes[end++] = newline
    this.used = end
    page.lines++
    return new RecordLine(id, principalId, kind, page, start, rowEnd, end)
  }

  /** Gives the room of the line back that was written last. */
  takeBack(line: RecordLine): void {
    this.used -= line.length
    line.release(this)
  }

  /** One line of a page is not read again. */
  release(page: Page): void {
    page.lines--
    if (page.lines > 0) return
    const isUsual = page.bytes.length === pageBytes
    if (page !== this.page) {
      if (isUsual && this.spare.length < sparePages) this.spare.push(page)
    } else if (isUsual) this.used = 0
    else this.turn(pageBytes)
  }

  private makeRoom(row: string, contentRow: string | null): void {
    const room = this.page.bytes.length - this.used
    // In UTF-8 a character of a text takes three bytes at most; most take one, so that long texts are counted.
    const characters = row.length + (contentRow?.length ?? 0)
    if (room >= characters * 3 + around) return
    const bytes = Buffer.byteLength(row) + (contentRow === null ? 0 : Buffer.byteLength(contentRow))
    if (room >= bytes + around) return
    this.turn(bytes + around)
  }

  /** Goes on with a page that has so many bytes; one that is larger than the others serves a single line. */
  private turn(bytes: number): void {
    this.page = bytes > pageBytes ? newPage(bytes) : (this.spare.pop() ?? newPage(pageBytes))
    this.used = 0
  }
}

/** What stands around the texts of a line: its checksum, a tab, a newline. */
const around = prefix + 2

/** A line of the spool with a text of one line that is no record. */
export function checked(text: string): Buffer {
  const line = Buffer.from(`${' '.repeat(prefix)}${text}\n`)
  writeChecksum(line, 0, crc32(text))
  return line
}

/** What a line says where its checksum fits; undefined for one that was torn or altered. @param line without its newline */
export function unchecked(line: string): string | undefined {
  const text = line.slice(prefix)
  return crc32(text).toString(16).padStart(8, '0') === line.slice(0, prefix - 1) ? text : undefined
}

const hex = Buffer.from('0123456789abcdef')

/** With the space behind it. */
function writeChecksum(into: Buffer, at: number, sum: number): void {
  for (let digit = 0; digit < 8; digit++) into[at + digit] = hex[(sum >>> (28 - 4 * digit)) & 15] ?? 0
  into[at + 8] = space
}
