"""Lessons: Markdown files with steps, checks against the run in view, hints and questions.

    lesson = parse.read(Path("my-lesson.md").read_text())
    verdict = checks.judge(lesson.steps[0].checks[0], facts.of_run(run, epoch=12))
    verdict.met, verdict.missing          # False, (“validation RMSE is 0.972; …”,)

What a lesson is: ``lesson``; how its file is read: ``parse``; what a check may say: ``checks``; of
what: ``facts``; which lessons there are: ``shelf``. How to write one: ``docs/lessons.md``.
"""
