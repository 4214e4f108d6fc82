/** A part of a Markdown text that is shown on its own, so that only the last one changes while text comes in. */
export type Block = { kind: 'text'; text: string } | { kind: 'code'; language: string; code: string }

/** From here on a list is cut at its next item: what is parsed anew with every piece stays small. */
const longList = 2000

const fence = /^ {0,3}(`{3,}|~{3,})[ \t]*([^\s`{]*)[^`]*$/
const item = /^ {0,3}(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/

/** Splits at blank lines and code fences; a fence that is still open is code to its end. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  const lines = markdown.split('\n')
  let text: string[] = []
  let size = 0
  const flush = () => {
    while (text.length > 0 && text.at(-1)?.trim() === '') text.pop()
    if (text.length > 0) blocks.push({ kind: 'text', text: text.join('\n') })
    text = []
    size = 0
  }
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const opening = fence.exec(line)
    if (opening) {
      flush()
      const [, mark = '```', language = ''] = opening
      const closing = new RegExp(`^ {0,3}\\${mark[0]}{${mark.length},}[ \\t]*$`)
      const code: string[] = []
      for (at += 1; at < lines.length && !closing.test(lines[at] ?? ''); at++) code.push(lines[at] ?? '')
      // A closing fence of which the first marks are here is no line of the code.
      if (at >= lines.length && isPart(code.at(-1), mark)) code.pop()
      blocks.push({ kind: 'code', language, code: code.join('\n') })
      continue
    }
    const begun = text.length > 0
    if (begun && item.test(text[0] ?? '')) {
      // A list goes on over blank lines, by further items and by what is indented.
      const afterBlank = text.at(-1)?.trim() === ''
      if (size > longList && item.test(line)) flush()
      else if (afterBlank && line.trim() !== '' && !item.test(line) && !/^\s/.test(line)) flush()
    } else if (begun && line.trim() === '') {
      flush()
      continue
    }
    if (text.length === 0 && line.trim() === '') continue
    text.push(line)
    size += line.length + 1
  }
  flush()
  return blocks
}

const isPart = (line: string | undefined, mark: string): boolean =>
  line !== undefined && line !== '' && mark.startsWith(line.trim()) && line.trim() !== ''

/**
 * The last block as it will look when the rest is here: what is half open is closed, and marks that could still become
 * anything are not shown yet.
 */
export function closed(text: string): string {
  const lines = text.split('\n')
  // A table is one when its second line is whole.
  if (lines.length < 3 && /^\s*\|/.test(lines[0] ?? '')) return ''
  if (/^\s*(?:[-=_*+#~`>|]+|\d{1,9}[.)]?)\s*$/.test(lines.at(-1) ?? '')) lines.pop()
  if (lines.length === 0) return ''
  lines.push(closedLine(lines.pop() ?? ''))
  return lines.join('\n')
}

/** Closes what is open in a line: code, emphasis, links. */
function closedLine(line: string): string {
  const body = line.replace(
    /!?\[([^\]]*)\]?(?:\((?:[^()\s]|\([^()\s]*\))*(?:\s[^)]*)?)?$/,
    (whole, label: string) =>
      // A task's box and a link that is whole stay.
      /^\[[ xX]\]$/.test(whole) ? whole : label,
  )
  const open: string[] = []
  const marks = /\\.|`+|\*{1,3}|~~/g
  // A list's own mark is none of emphasis.
  marks.lastIndex = /^\s*(?:[-*+]|\d+[.)])\s/.exec(body)?.[0].length ?? 0
  for (let found = marks.exec(body); found; found = marks.exec(body)) {
    const mark = found[0]
    if (mark.startsWith('\\')) continue
    const inside = open.at(-1)
    if (inside?.startsWith('`') && mark !== inside) continue
    if (mark === inside) open.pop()
    else if (/\S/.test(body[marks.lastIndex] ?? '') || marks.lastIndex === body.length) open.push(mark)
  }
  let end = body
  // An opening mark with nothing behind it yet is not shown.
  for (const mark of open.reverse())
    end = end.endsWith(mark) ? end.slice(0, -mark.length) : `${end.trimEnd()}${mark}`
  return end
}
