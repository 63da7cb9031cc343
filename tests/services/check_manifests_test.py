# Copyright (c) 2026 The resil authors
# SPDX-License-Identifier: BSL-1.0

"""The checker of manifests finds each mistake in a manifest that has but that one."""

import unittest

import check_manifests

KNOWN = {"SHOP_LISTEN", "SHOP_SHUTDOWN_BUDGET"}
GOOD = """kind: Deployment
spec:
      maxUnavailable: 0
      terminationGracePeriodSeconds: 30
          ports: [{name: http, containerPort: 8080}]
            - {name: SHOP_LISTEN, value: "0.0.0.0:8080"}
            - {name: SHOP_SHUTDOWN_BUDGET, value: 25s}
          startupProbe:
            httpGet: {path: /health/live, port: http}
          readinessProbe:
            httpGet: {path: /health/ready, port: http}
          livenessProbe:
            httpGet: {path: /health/live, port: http}
"""


def mistakes(changed_from="", changed_to=""):
    assert changed_from in GOOD
    return list(check_manifests.mistakes_in(GOOD.replace(changed_from, changed_to), KNOWN))


class FindsMistakes(unittest.TestCase):
    def test_finds_none_where_none_is(self):
        self.assertEqual(mistakes(), [])

    def test_finds_a_setting_that_does_not_exist(self):
        self.assertEqual(mistakes("SHOP_LISTEN", "SHOP_LISTNE"), ["there is no setting SHOP_LISTNE"])

    def test_finds_a_grace_that_is_too_short(self):
        self.assertEqual(len(mistakes("Seconds: 30", "Seconds: 27")), 1)
        self.assertEqual(len(mistakes("value: 25s", "value: 1min")), 1)
        self.assertEqual(len(mistakes("spec:", "spec: lifecycle: {preStop: {sleep: {seconds: 5}}}")), 1)

    def test_finds_an_update_that_takes_places_away(self):
        self.assertEqual(len(mistakes("maxUnavailable: 0", "maxUnavailable: 1")), 1)

    def test_finds_a_probe_that_is_missing_or_asks_the_wrong_question(self):
        self.assertEqual(mistakes("startupProbe", "otherProbe"), ["there is no startupProbe"])
        self.assertEqual(len(mistakes("livenessProbe:\n            httpGet: {path: /health/live",
                                      "livenessProbe:\n            httpGet: {path: /health/ready")), 1)

    def test_leaves_others_alone(self):
        self.assertEqual(list(check_manifests.mistakes_in("kind: Service\n", KNOWN)), [])


if __name__ == "__main__":
    unittest.main()
