/**
 * Every stable code of the system with what a technician or an API user should do about it. Codes are words of the
 * interface: they are added, never renamed.
 */
export const ERROR_CODES = {
  // HTTP API
  NOT_FOUND: 'There is no such thing. Check the id; lists are at /v1/units, /v1/incidents, /v1/devices.',
  BODY_INVALID:
    'The request body does not fit its schema. `detail` names the field, the value seen and what fits.',
  QUERY_INVALID: 'A query parameter does not fit. `detail` names it.',
  HOST_REFUSED: 'The page was asked for under a foreign host name. Use http://127.0.0.1 or http://localhost.',
  ORIGIN_REFUSED:
    'A page of another origin tried to change something. Open the page from the gateway itself.',
  BODY_TOO_LARGE: 'The request is larger than 256 KiB. Send less.',
  NOT_READY: 'The process is still starting or shutting down. Ask again in a few seconds.',
  FORBIDDEN: 'This actor may not do that.',
  INTERNAL: 'We made a mistake; it is in the log under this time. Tell the developers.',
  IDEMPOTENCY_CONFLICT: 'This Idempotency-Key was used for another request. Make a new key.',
  // dispatch
  UNIT_UNKNOWN: 'No such unit. See /v1/units.',
  INCIDENT_UNKNOWN: 'No such incident. See /v1/incidents.',
  ORDER_UNKNOWN: 'No such order.',
  INCIDENT_CLOSED: 'The incident is resolved or cancelled. Create a new one.',
  ALREADY_ASSIGNED: 'This unit is already assigned to this incident.',
  ASSIGNMENT_ENDED:
    'The crew has arrived or the order has ended; it can no longer be taken back. Close the incident instead.',
  ALARM_UNKNOWN: 'No such alarm. See /v1/alarms.',
  GRID_UNKNOWN: 'No such grid. See /v1/grids.',
  POSITION_UNKNOWN: 'Where this unit is is not known well enough to compute from there.',
  COVERAGE_LOST: 'Coverage is not being computed right now; it starts again by itself.',
  MOVE_UP_UNKNOWN: 'This move-up is no longer proposed: its unit has other work, or it gains nothing now.',
  PLACE_OFF_ROAD: 'No road within reach of this place, so no time can be computed. Click nearer to a road.',
  CLOSURE_UNKNOWN: 'No such closure. See /v1/closures.',
  CLOSURE_ENDED: 'This closure has ended; there is nothing left to end.',
  CLOSURE_TIMES: 'A closure must end after it began and after now. Give a later time, or none.',
  CLOSURE_EDGE_UNKNOWN:
    'The road graph has no such edge. `reach5 roads edges` lists them; another import has other numbers.',
  CLOSURE_NO_WAY: 'Cars may not drive there in this direction anyway. Choose the other direction, or both.',
  CLOSURE_NO_NAME: 'The road there has no name to follow. Name the point, a line or an area instead.',
  CLOSURE_NO_ROAD: 'The line follows no road, or the area touches none. Draw it nearer to the road.',
  CLOSURE_TOO_LARGE: 'One closure of too many roads. Draw a smaller area, or close it part by part.',
  CLOSURE_TOO_MANY: 'Too many closures are in force or to come. End those that are over.',
  CLOSURES_INVALID: 'The file of closures does not fit; `detail` names the closure and the field.',
  // enrolment
  CODE_MISTYPED: 'The enrolment code has a wrong character. Type it again.',
  CODE_REFUSED:
    'The gateway does not know this code, it was used or it is over 24 h old. Ask the operator for a new one.',
  CODE_UNKNOWN: 'No such enrolment code in the list. See /v1/enrolments.',
  CODE_NOT_OPEN: 'This code was used, withdrawn or is over its time; there is nothing left to withdraw.',
  DEVICE_UNKNOWN: 'No such device. See /v1/devices.',
  CODE_RATE_LIMITED: 'Too many wrong codes from here. Wait an hour or ask the operator.',
  CSR_INVALID: 'The certificate request is broken. Start the enrolment again.',
  CA_MISMATCH:
    'The gateway at this address is not the one the code was made for. Check the address; do not go on.',
  GATEWAY_UNREACHABLE: 'No gateway answers at this address. Check cable, address and port.',
  CERTIFICATE_ENDED:
    'The certificate of this device has ended. Ask the operator for a new code and enrol the device again.',
  CERTIFICATE_REFUSED:
    'The gateway does not accept the certificate of this device (revoked, replaced or of another gateway). Ask the operator for a new code and enrol the device again.',
  NOT_ENROLLED: 'This device has no identity yet. Run `reach5 enrol redeem` with a code first.',
  ALREADY_ENROLLED: 'This device has an identity. Use another --data or remove it on purpose.',
  // devices on MQTT
  CLIENT_NO_CERTIFICATE: 'A client came without a certificate of our CA. Enrol the device.',
  CLIENT_ID_MISMATCH: "The client id is not the certificate's device. Refused and audited.",
  CLIENT_FORBIDDEN_FEATURE: 'Will, retain and persistent sessions are refused. Use clean sessions.',
  TOPIC_REFUSED: 'A device may only use its own topics. Refused and audited.',
  PACKET_TOO_LARGE: 'An MQTT packet over 64 KiB. The connection was closed.',
  // walk-ins
  RECEIPT_MISTYPED: 'A receipt number has a wrong character. Read it again from the receipt.',
  PHONE_INVALID: 'This is no phone number. Check the digits, or choose "no phone".',
  SEALED_UNREADABLE: 'A sealed text was altered or is not for this key. Look at the station that sent it.',
  WALKIN_REMOVED:
    'Name, phone and story of this visit were let go when their time was over. The incident is kept without them.',
  WALKIN_UNKNOWN: 'No such walk-in. See /v1/walkins.',
  STATION_ABSENT:
    'This identity belongs to no duty station. Enrol the device with --station, --lat and --lon.',
  // self-test
  CLOCK_UNSET:
    'The computer does not know the date. Connect it to the network or set it; records stay in order anyway.',
  DISK_SHORT: 'The disk is nearly full. Free at least 2 GB before the car goes out.',
  MEMORY_SHORT: 'Little memory is free. Stop other programs on this computer.',
  NO_RECEIVER: 'No receiver was found on any port. Check its plug and power, then search again.',
  NO_PORTS:
    'This computer has no serial line. Plug the adapter in (lsusb shows whether it is seen); a receiver behind gpsd is --ports gpsd.',
  GPSD_ABSENT:
    'No gpsd answers there. Start it (systemctl start gpsd), or give the line of the receiver itself.',
  MODULE_SILENT:
    'An input module that is fitted does not answer. Check its power, A and B, and that its address is its own.',
  NO_PANEL: 'No input module was found on any port. Check its power and the A/B wires, then search again.',
  CHOICE_UNCLEAR: 'Several ports could be it. Choose one by its name.',
  NO_FIX:
    'The receiver speaks and sees too little sky. Take the vehicle out of the hall or check the antenna.',
  WALK_UNFINISHED: 'Not every input was walked. Walk it, or skip it with a reason.',
  WIRING_DIFFERS:
    'An input is wired otherwise than the profile says. Take the corrected profile, or change the wire.',
  ACK_MISSING:
    'The gateway did not acknowledge the test record in time. Look at the gateway; the record is kept.',
  NOT_ITS_TURN: 'This step needs an earlier one first. Finish the one marked.',
  REPORT_FORMAT: 'This is no acceptance report, or its text was changed.',
  REPORT_SIGNATURE: 'The signature does not match: the report was altered, or another device signed it.',
  REPORT_CERTIFICATE: 'The certificate beside the report is not that of the device. Do not trust it.',
  // records
  RECORD_SCHEMA:
    'A record does not fit its schema; counted and not acknowledged. Check the software version of the device.',
  RECORD_SUM: 'A record does not match its checksum; not acknowledged, so the device sends it again.',
  RECORD_KIND: 'A record of an unknown kind: kept in the ledger, not interpreted. Update the gateway.',
  RECORD_BODY: 'A record body does not fit its kind: kept in the ledger, not interpreted.',
  BATCH_BROKEN: 'A batch could not be opened; not acknowledged, so the device sends it again.',
  BATCH_VERSION: 'A batch in a format this version does not know. Update the gateway.',
  CHAIN_BROKEN:
    'The checksum chain of a lane does not continue: a store was rolled back or cloned. Look at the device.',
  LEDGER_POISONED:
    'A write of the ledger failed; the gateway ends and starts anew. If it stays: replace the disk.',
  LEDGER_UNREADABLE:
    'A row of the ledger could not be read; the gateway ends, repairs the ledger when it starts anew, and asks the devices for what is gone.',
  // orders
  ORDER_SCHEMA: 'An order does not fit its schema. Update the device.',
  ORDER_KEY: 'An order signed with a key this device does not trust. Refused; find out who sent it.',
  ORDER_SIGNATURE: 'An order with a wrong signature. Refused; find out who sent it.',
  ORDER_TARGET: 'An order for another device. Refused; find out who sent it.',
  ORDER_REPLAYED: 'An order was seen before. Not executed again.',
  ORDER_STALE: 'A newer revision of the incident is known; the older order was not executed.',
  STEP_BACKWARD: 'The crew is already further than this step, or the order has ended.',
  UNDO_LATE: 'There is no automatic arrival to take back, or its ten seconds are over. Tell the dispatcher.',
  WINDOW_EXPIRED: 'An actuation cited a window older than 30 s. Send it again.',
  // outbox
  OUTBOX_FULL: 'The store of the car is full of events not yet delivered. Restore the link.',
  OUTBOX_UNOPENABLE:
    'The store of the car cannot be opened: another process holds it, or a newer version wrote it.',
  OUTBOX_POISONED: 'A write failed, the store is being reopened and checked. If it stays: replace the disk.',
  // ports
  PORT_ABSENT: 'The serial port is not there. Check the plug; the agent looks again by itself.',
  PORT_BUSY: 'Another program holds the serial port. Stop it (often ModemManager or gpsd).',
  PORT_DENIED: 'No permission for the serial port. Add the user to group dialout.',
  PORT_FAILED: 'The serial port failed. `detail` has the words of the driver.',
  PORT_TIMEOUT: 'A write to the serial port did not finish. Check the cable.',
  NMEA_CHECKSUM:
    'A sentence did not match its checksum; left out and counted. Many of them: check cable and speed.',
  NMEA_FIELD: 'A sentence held an impossible value; left out and counted.',
  NMEA_DISPUTED: 'Two readers disagree about a sentence; left out and counted.',
  NMEA_UNREAD: 'A sentence that nobody here needs. Nothing to do.',
  UBX_SHORT: 'A binary frame is shorter than its kind; left out and counted.',
  UBX_UNREAD: 'A binary message that nobody here needs. Nothing to do.',
  REPLAY_EMPTY: 'The recording holds no fix, time or date to play. Choose another.',
  PORT_SILENT:
    'The line is open and nothing is heard on it. Check power and cable of the device; it is opened again by itself.',
  PORT_GARBLED:
    'Bytes arrive and make no sense at this speed. Other speeds are tried by themselves; check cable and ground.',
  TOOL_ABSENT:
    'A program of the system is missing. Install gpiod (lines of the computer) or can-utils (CAN).',
  TOOL_FAILED:
    'A program of the system failed; `detail` has its words. Check that the chip or the interface is there.',
  PANEL_OUTPUT:
    'The module did not confirm an output in time. It is still being tried; check module and wiring.',
  PANEL_SUPERSEDED: 'A newer wish for the same output came first. Nothing to do.',
  MODBUS_REQUEST: 'A Modbus request was malformed. Tell the developers.',
  MODBUS_FUNCTION: 'A Modbus function this module does not know. Check the device table.',
  CAMERA_LAPSED:
    'The body camera stopped during an activation and was started again. Check its card and battery.',
  LOG_LINE:
    'A line of the log is not as the trigger writes it: cut off, or altered. `detail` names the line.',
  LOG_SUM: 'An entry of the log was altered after it was written. Keep the file as it is; it is evidence.',
  LOG_CHAIN:
    'An entry of the log does not follow the one before it: removed, inserted, moved or of another car.',
  LOG_SHORT: 'The log ends before an entry that the car has told the gateway: its tail was cut off.',
  ANTENNA_OPEN:
    'The receiver feels no antenna: unplugged, or its cable is cut. Check the plug at the receiver, then the cable.',
  ANTENNA_SHORT:
    'The antenna draws too much: a crushed or wet cable. Unplug it from the receiver and change it.',
  ANTENNA_OK: 'The antenna works again. Nothing to do; if it comes and goes, a plug is loose.',
  BROWN_OUT:
    'The computer lost its power while the voltage was low. Have battery and supply looked at before the cold does it again.',
  BATTERY_LOW: 'The battery of the car is low. Start the engine, or have the battery looked at.',
  // start-up
  STOPPED: 'It was told to stop while it waited for the voltage. Nothing to do.',
  PORT_IN_USE: 'Another program listens on this TCP port. Stop it or choose another with the flag named.',
  FORMAT_UNKNOWN: 'The data was written by another version of reach5. Use that version, or an upgrade.',
  DATA_IN_USE: 'Another process works in this data directory. Stop it, or choose another with --data.',
  DATA_BUSY: 'The ledger was rewritten again and again while it was being copied. Try once more.',
  DIR_NOT_EMPTY: 'Something lies there already. Name a directory that is empty or not there yet.',
  DIR_UNWRITABLE: 'The data directory cannot be written. Choose another with --data.',
  NODE_TOO_OLD: 'reach5 needs Node 20.19 or newer.',
  CONFIG_INVALID: 'A setting does not fit. The message names it, the value seen and an example.',
  FILE_ABSENT: 'There is no such file. Check the path.',
  FILE_BROKEN: 'The file is not what it should be; `detail` says where it breaks.',
  FILE_UNREADABLE: 'The file is there and cannot be read. Check permissions.',
  FILE_UNWRITABLE: 'The file cannot be written. Check directory, permissions and free space.',
  GRAPH_MAGIC: 'This is no reach5 road graph. Make one with `reach5 roads import`.',
  GRAPH_VERSION: 'A road graph of a format this version does not know. Import the extract again.',
  GRAPH_TRUNCATED: 'The road graph ends too early. Import the extract again.',
  GRAPH_HASH: 'The road graph was altered since it was written. Import the extract again.',
  GRAPH_STRUCTURE: 'The road graph contradicts itself. Import the extract again.',
  GRIDS_CRS:
    'The grids do not say their coordinate system. Add "crs": "WGS84", "GCJ02", "BD09" or "CGCS2000" to the file, or give --grids-crs.',
  GRIDS_INVALID:
    'The grids cannot be used as they are; `detail` names the grid and the place. Mend the file.',
  TILES_MAGIC: 'This is no reach5 map tiles file. Make one with `reach5 roads import --tiles`.',
  TILES_VERSION: 'Map tiles of a format this version does not know. Import the extract again.',
  TILES_BROKEN: 'The map tiles are cut off or were altered. Import the extract again.',
  ROADS_TILED: 'This city has too many roads for one GeoJSON. They are in the tiles of /v1/tiles.json.',
  OSM_MISSING: 'There is no such extract. Check the path.',
  OSM_BROKEN: 'The extract is damaged or no OSM PBF. Fetch it again.',
  OSM_UNSUPPORTED: 'The extract uses a feature this version cannot read; `detail` names it.',
  OSM_NO_ROADS: 'The extract holds no connected drivable road.',
  PROFILES_INVALID:
    'A file of profiles that does not fit; `detail` says where and what. `reach5 roads profiles` shows the built-in ones.',
  UNITS_INVALID: 'The units file is no GeoJSON of points with ids; `detail` says where.',
  // simulator
  PROCESS_LIMIT:
    'The simulator could not limit what a process may write. It needs `prlimit` (package util-linux).',
  SIM_UNIT_UNKNOWN: 'The running demo has no such unit. The message lists the first ones it has.',
  SIM_ACTION_UNKNOWN: 'There is no such action. `reach5 sim do --help` lists them.',
  SIM_ACTION_ABSENT: 'This unit has nothing of the kind; the message names what can be done to it.',
  SIM_VALUE: 'The value does not fit the action. The message names what fits.',
  SIM_NOT_RUNNING: 'No demo runs with this --data. Start one with `npm start`, or name its directory.',
  USAGE: 'The command was called wrongly; --help shows how.',
} as const

export type ErrorCode = keyof typeof ERROR_CODES
