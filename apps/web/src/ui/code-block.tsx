import classes from './code-block.module.css'
import { CopyButton } from './copy-button.tsx'

interface CodeBlockProps {
  /** As it is shown. */
  code: string
  /** As it is copied, where that differs: a key that is masked on the screen. */
  copied?: string
  /** What it is, for a screen reader. */
  label: string
  onCopied?: () => void
}

/** Code to copy. */
export function CodeBlock({ code, copied = code, label, onCopied }: CodeBlockProps) {
  return (
    <div className={classes.block}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keyboard (axe: scrollable-region-focusable) */}
      <section className={classes.code} tabIndex={0} aria-label={label}>
        <pre>
          <code>{code}</code>
        </pre>
      </section>
      <div className={classes.copy}>
        <CopyButton value={copied} label={`Copy: ${label}`} {...(onCopied ? { onCopied } : {})} />
      </div>
    </div>
  )
}
