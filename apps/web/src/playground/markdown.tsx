import { memo } from 'react'
import ReactMarkdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'
import { CopyButton } from '../ui/copy-button.tsx'
import { blocksOf, closed } from './blocks.ts'
import classes from './markdown.module.css'
import { safeLink } from './safe-link.ts'

/**
 * Markdown that a model wrote, which is a stranger: no HTML of its own, links to the web alone and by a click alone, and
 * nothing is ever fetched for showing it.
 */
export const Markdown = memo(function Markdown({ text, growing }: { text: string; growing: boolean }) {
  const blocks = blocksOf(text)
  const last = blocks.length - 1
  return (
    <div className={classes.markdown}>
      {blocks.map((block, index) =>
        block.kind === 'code' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: a block has no other name, and none goes before another
          <Code key={index} language={block.language} code={block.code} />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <Words key={index} text={growing && index === last ? closed(block.text) : block.text} />
        ),
      )}
    </div>
  )
})

const plugins = [[remarkGfm, { singleTilde: false }]] as [[typeof remarkGfm, { singleTilde: boolean }]]

const Words = memo(function Words({ text }: { text: string }) {
  return (
    <ReactMarkdown remarkPlugins={plugins} components={components} urlTransform={safeLink}>
      {text}
    </ReactMarkdown>
  )
})

const Code = memo(function Code({ language, code }: { language: string; code: string }) {
  const name = language === '' ? 'Code' : language
  return (
    <div className={classes.code}>
      <div className={classes.codeHead}>
        <span>{name}</span>
        <CopyButton value={code} label={`Copy ${name}`} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard */}
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
    </div>
  )
})

const heading =
  (level: number): Components['h1'] =>
  ({ children }) => (
    // The page has headings of its own above; how large it is still says which one the model meant.
    <h4 data-level={level}>{children}</h4>
  )

const components: Components = {
  a: ({ href, children }) =>
    href ? (
      <a href={href} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    ) : (
      <span>{children}</span>
    ),
  // Only looking at one tells its server who looked, and what the address says.
  img: ({ alt, src }) => (
    <span className={classes.image}>
      Image not loaded{alt ? `: ${alt}` : ''}
      {typeof src === 'string' && src !== '' ? ` (${src})` : ''}
    </span>
  ),
  input: ({ checked }) => <span>{checked ? '☑ ' : '☐ '}</span>,
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard
    <div className={classes.table} tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
  pre: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard
    <pre className={classes.pre} tabIndex={0}>
      {children}
    </pre>
  ),
  h1: heading(1),
  h2: heading(2),
  h3: heading(3),
  h4: heading(4),
  h5: heading(4),
  h6: heading(4),
}
