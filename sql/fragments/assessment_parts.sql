-- SPDX-License-Identifier: Apache-2.0
x.step_actions as "steps[].action", x.step_people as "steps[].people", x.step_supports as "steps[].support", x.step_dates as "steps[].by_on",
       s.keys as "scores[].factor_key", s.scores as "scores[].score", s.notes as "scores[].note", s.names_en as "scores[].name_en", s.names_zh as "scores[].name_zh",
       s.weights as "scores[].weight", s.inverse as "scores[].is_inverse", s.points as "scores[].points", s.before as "scores[].previous_score"
  from assessment x
