import { describeOneCar } from './one-car.ts'

describeOneCar({ name: 'the embedded broker' })
