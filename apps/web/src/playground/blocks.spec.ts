import { describe, expect, it } from 'vitest'
import { blocksOf, closed } from './blocks.ts'

const texts = (markdown: string) =>
  blocksOf(markdown).map((block) => (block.kind === 'text' ? block.text : block))

describe('blocksOf', () => {
  it('splits paragraphs, and takes code out of its fences', () => {
    expect(texts('One\nline\n\n# Two\n\n```ts\nconst a = 1\n\nconst b = 2\n```\nThree')).toEqual([
      'One\nline',
      '# Two',
      { kind: 'code', language: 'ts', code: 'const a = 1\n\nconst b = 2' },
      'Three',
    ])
  })

  it('shows a fence that is still open as code, without the marks that are to close it', () => {
    expect(texts('```py\nprint(1)\n``')).toEqual([{ kind: 'code', language: 'py', code: 'print(1)' }])
    expect(texts('~~~\n```\n~~~')).toEqual([{ kind: 'code', language: '', code: '```' }])
    expect(texts('````md\n```\nin\n```\n````')).toEqual([
      { kind: 'code', language: 'md', code: '```\nin\n```' },
    ])
  })

  it('keeps a list together over blank lines, and cuts a long one between items', () => {
    expect(texts('1. a\n\n2. b\n\n   more\n\nAfter')).toEqual(['1. a\n\n2. b\n\n   more', 'After'])
    const items = Array.from({ length: 300 }, (_, at) => `${at + 1}. item ${at + 1}`)
    const blocks = texts(items.join('\n'))
    expect(blocks.length).toBeGreaterThan(1)
    expect(blocks.join('\n')).toBe(items.join('\n'))
  })

  it('never changes a block that is not the last one while text comes in', () => {
    const text =
      'A **b**\n\n- x\n- y\n\n  z\n\nWords\n\n```js\nlet a\n```\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\nEnd'
    let before = blocksOf('')
    for (let size = 1; size <= text.length; size++) {
      const now = blocksOf(text.slice(0, size))
      expect(now.slice(0, Math.max(0, before.length - 1))).toEqual(before.slice(0, -1))
      before = now
    }
  })
})

describe('closed', () => {
  it.each([
    ['This is **bo', 'This is **bo**'],
    ['This is **', 'This is '],
    ['This is *it', 'This is *it*'],
    ['**bold** and `co', '**bold** and `co`'],
    ['`a ** b', '`a ** b`'],
    ['~~gone', '~~gone~~'],
    ['**a *b', '**a *b***'],
    ['- item **one', '- item **one**'],
    ['* item', '* item'],
    ['2 * 3', '2 * 3'],
    ['See [the page](https://exa', 'See the page'],
    ['See [the pa', 'See the pa'],
    ['See [the page](https://example.test/) now', 'See [the page](https://example.test/) now'],
    ['![alt](http://evil.test/?q=sec', 'alt'],
    ['Foo:\n-', 'Foo:'],
    ['Foo:\n1.', 'Foo:'],
    ['#', ''],
    ['| a | b', ''],
    ['| a | b |\n| --- |', ''],
    ['| a | b |\n| --- | --- |\n| 1', '| a | b |\n| --- | --- |\n| 1'],
    ['plain', 'plain'],
  ])('%j is shown as %j', (text, shown) => expect(closed(text)).toBe(shown))
})
