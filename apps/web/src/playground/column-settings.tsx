import { Stack, Textarea } from '@mantine/core'
import classes from './column-settings.module.css'
import type { Parameters } from './conversation.ts'
import { NumberField } from './number-field.tsx'
import { playground } from './playground-store.ts'
import { PresetBar, type PresetBarProps } from './preset-bar.tsx'
import { StopField } from './stop-field.tsx'

/** Parameters of a column; what stays empty is not sent, so that the model's own default holds. */
export function ColumnSettings({ column, model, parameters }: PresetBarProps) {
  const set = (change: { [Name in keyof Parameters]: Parameters[Name] | undefined }) => {
    const now = playground.conversation.value.columns.find(({ id }) => id === column)?.parameters
    const entries = Object.entries({ ...now, ...change }).filter(([, value]) => value !== undefined)
    playground.dispatch({ type: 'set', column, parameters: Object.fromEntries(entries) as Parameters })
  }
  return (
    <Stack gap="sm" className={classes.settings} p="0.9rem 1rem 1rem">
      <PresetBar column={column} model={model} parameters={parameters} />
      <div className={classes.fields}>
        <NumberField
          label="Temperature"
          value={parameters.temperature}
          range={[0, 2]}
          onChange={(temperature) => set({ temperature })}
        />
        <NumberField
          label="Max tokens"
          whole
          value={parameters.max_tokens}
          range={[1, 10_000_000]}
          onChange={(max_tokens) => set({ max_tokens })}
        />
        <NumberField
          label="Top p"
          value={parameters.top_p}
          range={[0, 1]}
          onChange={(top_p) => set({ top_p })}
        />
        <StopField value={parameters.stop} onChange={(stop) => set({ stop })} />
      </div>
      <Textarea
        label="System prompt of this column"
        description="In place of the one for all columns"
        autosize
        minRows={1}
        maxRows={5}
        value={parameters.system ?? ''}
        onChange={({ currentTarget: { value } }) => set({ system: value === '' ? undefined : value })}
      />
    </Stack>
  )
}
