import { Panel } from '../../ui/panel.tsx'
import { Waiting } from '../../ui/states.tsx'
import account from './account.module.css'

/** In the place of an account that is on its way. */
export function AccountWaiting() {
  return (
    <div className={account.columns}>
      <Panel flush>
        <Waiting rows={12} height={56} />
      </Panel>
      <Panel flush>
        <Waiting rows={9} height={48} />
      </Panel>
    </div>
  )
}
