import '#protocols/web/no-eval.ts'
import { render } from 'preact'
import type { FunctionComponent } from 'preact'
import '#protocols/web/tokens.css'
import './style/frame.css'
import './style/steps.css'
import type { StepName, TechnicianView } from '#protocols/technician.ts'
import { STEPS } from '#protocols/technician.ts'
import { Icon } from './look/icons.tsx'
import { HealthStep } from './screens/health.tsx'
import { IdentityStep } from './screens/identity.tsx'
import { InputsStep } from './screens/inputs.tsx'
import { PortsStep } from './screens/ports.tsx'
import { ProofStep } from './screens/proof.tsx'
import { ReportStep } from './screens/report.tsx'
import { SignalStep } from './screens/signal.tsx'
import { language, startSettings, switchLanguage, switchTheme, theme } from './state/settings.ts'
import { current, doneCount, link, open, refusal, shownStep, startStream, view } from './state/visit.ts'
import { remedyWords, words } from './words/words.ts'

/*
 * A technician's visit on a telephone: seven steps, one open at a time, each with one big button.
 *
 *     /v1/stream -> view -> the first step that still wants something is open
 *     finger -> /v1/actions -> shown as done only when the computer says so
 */
const BODIES: Readonly<Record<StepName, FunctionComponent<{ readonly view: TechnicianView }>>> = {
  health: HealthStep,
  identity: IdentityStep,
  ports: PortsStep,
  signal: SignalStep,
  inputs: InputsStep,
  proof: ProofStep,
  report: ReportStep,
}

function Page() {
  const w = words.value
  document.title = `${w.title} · reach5`
  const shown = view.value
  return (
    <div class="page" data-link={link.value}>
      <Header />
      <main class="main">
        {link.value === 'over' ? (
          <Over />
        ) : shown === null ? (
          <p class="starting">{link.value === 'gone' ? w.gone : w.starting}</p>
        ) : (
          <>
            {link.value === 'gone' && (
              <p class="banner" role="alert">
                {w.gone}
              </p>
            )}
            {refusal.value !== null && (
              <p class="banner" role="alert">
                {remedyWords(refusal.value)}
              </p>
            )}
            <ol class="steps">
              {STEPS.map((step, i) => (
                <Step key={step} step={step} number={i + 1} view={shown} />
              ))}
            </ol>
          </>
        )}
      </main>
    </div>
  )
}

function Header() {
  const w = words.value
  const device = view.value?.identity.device
  const other = theme.value === 'day' ? 'night' : 'day'
  return (
    <header class="header">
      <div class="header-words">
        <h1>{w.title}</h1>
        <p>{device ? `${device.callSign} · ${device.deviceId}` : w.bare}</p>
      </div>
      <button
        type="button"
        class="corner"
        lang={language.value === 'zh' ? 'en' : 'zh-CN'}
        title={w.otherLanguageTitle}
        data-do="language"
        onClick={switchLanguage}
      >
        {w.otherLanguage}
      </button>
      <button type="button" class="corner" data-do="theme" onClick={switchTheme}>
        <Icon name={other === 'night' ? 'moon' : 'sun'} />
        <span>{other === 'night' ? w.toNight : w.toDay}</span>
      </button>
      <progress
        class="progress"
        max={STEPS.length}
        value={doneCount.value}
        aria-label={w.progress(doneCount.value, STEPS.length)}
      />
    </header>
  )
}

function Step(props: { readonly step: StepName; readonly number: number; readonly view: TechnicianView }) {
  const w = words.value
  const { step, number } = props
  const { state } = props.view[step]
  const isOpen = shownStep.value === step
  const Body = BODIES[step]
  return (
    <li class="step" data-step={step} data-state={state} data-open={isOpen}>
      <h2>
        <button
          type="button"
          class="step-head"
          aria-expanded={isOpen}
          aria-current={current.value === step ? 'step' : undefined}
          onClick={() => open(step)}
        >
          <span class="mark">
            {state === 'waiting' ? <b class="num">{number}</b> : <Icon name={state} />}
          </span>
          <span class="step-name">{w.steps[step]}</span>
          <span class="step-state">{w.states[state]}</span>
        </button>
      </h2>
      {isOpen && (
        <div class="step-body">
          <Body view={props.view} />
        </div>
      )}
    </li>
  )
}

function Over() {
  const w = words.value
  const url = view.value?.terminalUrl
  return (
    <section class="over" role="status">
      <Icon name="passed" />
      <p>{w.over}</p>
      {url && (
        <a class="primary" href={url}>
          {w.overNext}
        </a>
      )}
    </section>
  )
}

startSettings()
startStream()
render(<Page />, document.querySelector('#page')!)
