import { describe, it } from 'vitest'
import { findMosquitto } from '../brokers/mosquitto.ts'
import { describeOneCar } from './one-car.ts'

const mosquitto = findMosquitto()

if (mosquitto === null)
  describe('one car over Mosquitto', () => it.skip('needs mosquitto on PATH', () => undefined))
else describeOneCar({ name: 'Mosquitto with client certificates', mosquitto })
