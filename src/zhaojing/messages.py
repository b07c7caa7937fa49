"""Every sentence the program says to a person, in Chinese and in English.

Keys are grouped by the part of the program that speaks. ``say(key, lang, **values)`` fills
in a template; a test checks that both languages exist and use the same placeholders.
"""

from __future__ import annotations

from typing import Literal

Lang = Literal["zh", "en"]
DEFAULT_LANG: Lang = "zh"

MESSAGES: dict[str, tuple[str, str]] = {
    # reading files: what is wrong, then what to do
    "file.missing": ("找不到这个文件；请检查路径", "no such file; check the path"),
    "file.not_a_file": (
        "不是普通文件；请给出文件或文件夹",
        "not a regular file; name a file or folder",
    ),
    "file.empty": (
        "文件是空的（0 字节）；请向报送人重新索取",
        "the file is empty (0 bytes); ask for it again",
    ),
    "file.too_large": (
        "文件有 {size} MB，超过 {limit} MB 的上限；请拆分后再试",
        "the file has {size} MB, over the limit of {limit} MB; split it",
    ),
    "file.too_many_pages": (
        "PDF 有 {pages} 页，超过 {limit} 页的上限；请拆分后再试",
        "the PDF has {pages} pages, over the limit of {limit}; split it",
    ),
    "file.no_permission": (
        "没有读取权限；请检查文件权限",
        "permission denied; check the file's permissions",
    ),
    "file.unsupported": (
        "不支持 {suffix} 格式；请另存为 .docx、.pdf、.txt、.md 或 .html",
        "the format {suffix} is not supported; save it as .docx, .pdf, .txt, .md or .html",
    ),
    "file.misnamed": (
        "扩展名是 {suffix}，内容却是 {actual}；请改正扩展名后再试",
        "named {suffix} but its content is {actual}; rename it and try again",
    ),
    "file.legacy_word": (
        "是旧版 Word（.doc）内容；请用 Word 或 WPS 另存为 .docx",
        "this is legacy Word (.doc) content; save it as .docx in Word or WPS",
    ),
    "file.password": (
        "文件有密码保护；请取得密码，另存一份不加密的再试",
        "the file is password-protected; save an unprotected copy and try again",
    ),
    "file.corrupt": (
        "文件已损坏，无法打开（{detail}）；请向报送人重新索取",
        "the file is corrupt and cannot be opened ({detail}); ask for it again",
    ),
    "file.binary": (
        "不是文本：内容是二进制数据；请确认文件没有选错",
        "not text: the content is binary data; check that this is the right file",
    ),
    "file.encoding": (
        "无法识别文字编码；请另存为 UTF-8",
        "the character encoding is not recognised; save the file as UTF-8",
    ),
    "file.no_text_layer": (
        "PDF 里没有文字，可能是扫描件；请先做文字识别（OCR）再试",
        "the PDF holds no text, probably a scan; run OCR on it first",
    ),
    "file.no_sentences": (
        "没有读到任何句子；请确认文件里有正文",
        "no sentence was found; check that the file has a body",
    ),
    "folder.nothing": (
        "文件夹里没有可读的报告（支持 {suffixes}）",
        "the folder holds no readable report ({suffixes})",
    ),
    # records and rows
    "records.invalid": (
        "{count} 处错误，什么也没有写出：\n{faults}",
        "{count} faults, nothing was written:\n{faults}",
    ),
    "records.more": ("……另有 {count} 处", "... and {count} more"),
    "records.line": ("第 {line} 行", "line {line}"),
    "records.no_column": (
        "找不到列 {column}；现有的列：{found}",
        "no column {column}; the columns are: {found}",
    ),
    "records.nothing": ("没有任何句子；请检查输入", "there is no sentence; check the input"),
    "records.format": (
        "认不出 {suffix} 格式；请用 .jsonl、.csv、.txt 或 -",
        "the format {suffix} is not known; use .jsonl, .csv, .txt or -",
    ),
    # field faults
    "fault.json": ("不是合法的 JSON（{detail}）", "not valid JSON ({detail})"),
    "fault.type": ("应为 {expected}，实为 {actual}", "expected {expected}, got {actual}"),
    "fault.missing": ("缺少这个字段", "the field is missing"),
    "fault.value": (
        "取值 {value} 不在 {allowed} 之中",
        "the value {value} is not one of {allowed}",
    ),
    "fault.blank": ("不能为空", "must not be blank"),
    "fault.duplicate": (
        "{value} 重复，已在 {place} 出现",
        "{value} is repeated, first at {place}",
    ),
    "fault.repeated": ("{value} 写了两次", "{value} is given twice"),
    "fault.other_role": (
        "角色为 {role} 的句子不能有类别",
        "a sentence whose role is {role} has no category",
    ),
    "fault.text": ("不能含有换行", "must not contain a line break"),
    "fault.surrogate": ("含有不完整的字符", "holds half a character"),
    # a corpus as a whole
    "corpus.resplit": (
        "{place} 切句后不是原来的一句：{text}",
        "{place} does not split to itself: {text}",
    ),
    "corpus.across": (
        "{a} 与 {b} 跨集近似（{share}）：{text}",
        "{a} and {b} are near-duplicates across splits ({share}): {text}",
    ),
    "corpus.within": (
        "{split} 内有 {share}（{count} 句）近似重复",
        "{share} of {split} ({count} sentences) are near-duplicates within it",
    ),
    "corpus.documents": (
        "文档 {a} 与 {b} 近似（{share}）",
        "documents {a} and {b} are near-duplicates ({share})",
    ),
    "corpus.run": ("{documents} 共有连续 20 字：{run}", "{documents} share 20 characters: {run}"),
    "agreement.different": ("两份标注的句子不同", "the two files hold different sentences"),
    "agreement.nothing": ("两份标注没有共同的文档", "the two files share no document"),
    # models
    "model.missing": (
        "没有找到模型；请用 --model 指定模型文件夹，或运行 zhaojing train",
        "no model there; name a model folder with --model, or run zhaojing train",
    ),
    "model.file_missing": (
        "模型文件夹里缺少 {name}；请重新取得完整的文件夹",
        "the model folder lacks {name}; get the complete folder again",
    ),
    "model.corrupt": (
        "模型文件夹已损坏（{detail}）；请重新取得",
        "the model folder is damaged ({detail}); get it again",
    ),
    "model.version": (
        "模型格式版本 {found} 与本程序（{expected}）不符；请升级程序或重新训练",
        "model format {found} does not match this program ({expected}); upgrade or train again",
    ),
    "model.labels": (
        "模型的标签与本程序的标注规范不同（{found}）；请重新训练",
        "the model's labels differ from this program's guideline ({found}); train again",
    ),
    "extra.missing": (
        '需要 {extra} 组件；请运行：pip install "zhaojing[{extra}]"',
        'the extra {extra} is needed; run: pip install "zhaojing[{extra}]"',
    ),
    # configuration and output
    "train.occupied": (
        "已有别的内容，不能拿来放模型；请换一个新的文件夹",
        "holds something else than a model; name a new folder",
    ),
    "train.other_run": (
        "里面的检查点属于另一次训练（设置或数据不同）；请去掉 --resume，或换一个输出位置",
        "holds the checkpoints of another run; leave out --resume, or name another output",
    ),
    "train.no_features": (
        "没有一个特征达到 min_count={count}；请调小",
        "no feature reaches min_count={count}; lower it",
    ),
    "pretrain.no_corpus": (
        "没有语料：需要 .txt 或 .txt.xz 文件；请检查路径",
        "no corpus: it takes .txt or .txt.xz files; check the path",
    ),
    "pretrain.other_rows": (
        "里面是按别的设置打包的数据；请换一个 packed 文件夹，或删掉它",
        "holds rows packed with other settings; name another packed folder, or delete it",
    ),
    "pretrain.no_rows": (
        "没有打包好的数据（rows-*.npy）；请把它们放在这个文件旁边",
        "has no packed rows (rows-*.npy) beside it; put them there",
    ),
    "pretrain.has_checkpoint": (
        "已有上次训练的检查点；接着训练请加 --resume，重新开始请先把它移走",
        "there is a checkpoint of an earlier run; add --resume to go on, or move it away",
    ),
    "pretrain.diverged": (
        "损失不再是有限的数；检查点没有改动，请调低 learning_rate",
        "the loss is no longer a number; the checkpoint is as it was, lower learning_rate",
    ),
    "config.invalid": ("配置有误：{detail}", "the configuration is wrong: {detail}"),
    "encoder.offline": (
        "无法取得编码器（{detail}）；没有网络时请给出本地文件夹",
        "the encoder cannot be loaded ({detail}); without a network, name a local folder",
    ),
    "output.not_a_folder": (
        "不是文件夹；请换一个输出位置",
        "is not a folder; choose another place",
    ),
    "output.is_input": (
        "输出会覆盖输入文件；请换一个文件名",
        "the output would overwrite the input; choose another name",
    ),
    "output.failed": (
        "无法写出（{detail}）；请检查磁盘空间和权限",
        "cannot be written ({detail}); check space and permissions",
    ),
    # the terminal
    "cli.error": ("错误：", "error: "),
    "cli.reading": ("正在筛查", "screening"),
    "cli.summary": (
        "共 {files} 份报告、{sentences} 句，标出 {flagged} 句",
        "{files} reports, {sentences} sentences, {flagged} flagged",
    ),
    "cli.failed": ("有 {count} 个文件没有读成：", "{count} files could not be read:"),
    "cli.written": ("结果在 {path}", "results are in {path}"),
    "cli.labelled": ("已标注 {rows} 句 → {path}", "{rows} sentences labelled → {path}"),
    "cli.valid": (
        "{path}：{documents} 篇、{sentences} 句，没有错误",
        "{path}: {documents} documents, {sentences} sentences, no fault",
    ),
    "cli.paused": (
        "已存下检查点，训练尚未完成；接着训练请加 --resume",
        "paused with a checkpoint, not done yet; add --resume to go on",
    ),
    "cli.pretrained": ("已写入 {path}", "written to {path}"),
    "cli.trained": ("模型已写入 {path}", "the model is in {path}"),
    # reports
    "report.title": ("照镜筛查结果", "zhaojing screening report"),
    "report.notice": (
        "标出的句子只是供人复核的线索，不是对任何单位或个人的结论。",
        "A flagged sentence is a lead for a person to check, never a verdict on anyone.",
    ),
    "report.file": ("报告", "report"),
    "report.sentences": ("句数", "sentences"),
    "report.flagged": ("标出", "flagged"),
    "report.embellishment": ("自我美化", "self-praise"),
    "report.mean_embellishment": ("平均美化度", "mean self-praise"),
    "report.practices": ("主要问题", "main practices"),
    "report.strongest": ("最值得看的句子", "strongest sentences"),
    "report.page": ("第 {page} 页", "p. {page}"),
    "report.paragraph": ("第 {paragraph} 段", "para. {paragraph}"),
    "report.category": ("类别", "practice"),
    "report.none": ("无", "none"),
    "report.unread": ("没有读成的文件", "files that could not be read"),
    "report.model": ("模型：{model}", "model: {model}"),
    "report.legend": ("图例", "legend"),
    "report.praise_legend": (
        "句子自己的语言明显拔高本单位、工作或领导",
        "the sentence's own language clearly exalts the unit, its work or its leaders",
    ),
    "report.how_to_read": (
        "每处标记后依次是：类别、句子的作用、分值（0–1，越高越确定）；鼠标停留可看各项分值。"
        "整改措施不算问题，不标类别。",
        "After each mark: practice, role of the sentence, score (0–1, higher is surer); hover for "
        "all scores. Remedies are not problems and carry no practice mark.",
    ),
    "metric.name": ("指标", "metric"),
    "metric.value": ("值", "value"),
    "metric.interval": ("95% 区间", "95% interval"),
    "metric.support": ("支持数", "support"),
    "metric.precision": ("精确率", "precision"),
    "metric.recall": ("召回率", "recall"),
    "metric.f1": ("F1", "F1"),
}


def say(key: str, lang: Lang = DEFAULT_LANG, **values: object) -> str:
    """Return message ``key`` in ``lang`` with its placeholders filled in."""
    return MESSAGES[key][0 if lang == "zh" else 1].format(**values)
