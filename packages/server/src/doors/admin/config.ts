// What may be configured about the admin port: health and metrics.

import { option, type Section } from '../../config/section.ts'
import type { HostPort } from '../../config/units.ts'
import { choice, hostPort, text } from '../../config/values.ts'

export interface AdminConfig {
  readonly listen: HostPort
  readonly metricsBackend: 'prometheus' | 'none'
  readonly metricsRoute: string
}

export const adminSection: Section<AdminConfig> = {
  title: 'Admin',
  options: {
    listen: option('admin.http.host-port', hostPort().prefault(':14269'), 'Address of health and metrics', {
      aliases: ['admin-http-port'],
    }),
    metricsBackend: option(
      'metrics-backend',
      choice(['prometheus', 'none'], (raw) =>
        raw === 'expvar' ? 'expvar is a format of Go programs; use prometheus or none' : undefined,
      ).prefault('prometheus'),
      'How metrics are served on the admin port',
    ),
    metricsRoute: option(
      'metrics-http-route',
      text('PATH')
        .refine((path) => /^\/[^?#\s]+$/.test(path), 'expected a path such as /metrics')
        .prefault('/metrics'),
      'Path of the metrics',
    ),
  },
}
